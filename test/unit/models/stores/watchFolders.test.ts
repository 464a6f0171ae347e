import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { Emitter } from "../../../../src/base/event.ts";
import { watchFolders } from "../../../../src/models/stores/watchFolders.ts";
import {
	type TestFolder,
	testFolder,
} from "../../../support/models/toolFolders.ts";

describe("watchFolders", () => {
	let test: TestFolder;
	let count: number;
	const changed = new Emitter<void>();
	const onChange = () => {
		count++;
		changed.fire();
	};
	const nextChange = () =>
		new Promise<void>((resolve) => {
			const listener = changed.event(() => {
				listener.dispose();
				resolve();
			});
		});
	beforeEach(() => {
		test = testFolder();
		count = 0;
		test.write("a/m.gguf", "1");
		test.write("b/m.gguf", "1");
	});
	afterEach(() => test.remove());

	it("debounces several changes in any of the folders", async () => {
		const watching = watchFolders([test.at("a"), test.at("b")], onChange, 100);
		const change = nextChange();
		test.write("a/new.gguf", "1");
		test.write("b/new.gguf", "1");
		await change;
		assert.equal(count, 1);
		const again = nextChange();
		test.write("b/m.gguf", "22");
		await again;
		assert.equal(count, 2);
		watching.dispose();
	});

	it("leaves out folders that are not there, and says nothing of downloads under way or after the end", async () => {
		const watching = watchFolders([test.at("none"), test.at("a")], onChange, 1);
		test.write("a/m2.gguf.part", "1");
		await setTimeout(50);
		assert.equal(count, 0);
		const change = nextChange();
		test.write("a/m3.gguf", "1");
		await change;
		watching.dispose();
		const before = count;
		test.write("a/m4.gguf", "1");
		await setTimeout(50);
		assert.equal(count, before);
	});

	it("survives the removal of a folder", async () => {
		const watching = watchFolders([test.at("a"), test.at("b")], onChange, 1);
		test.remove();
		await nextChange();
		watching.dispose();
	});
});
