import assert from "node:assert/strict";
import { watch } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { Emitter } from "../../../../src/base/event.ts";
import { watchFolders } from "../../../../src/models/stores/watchFolders.ts";
import {
	type TestFolder,
	testFolder,
} from "../../../support/models/toolFolders.ts";
import { until } from "../../../support/until.ts";

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
	/**
	 * Writes a file into folder a, and returns when whoever watched the folder before has been told of it, and their timers of 1 ms have
	 * run: watchers and timers are called in the order in which they were added.
	 */
	const writeSeen = async (name: string) => {
		let events = 0;
		const watcher = watch(test.at("a"), () => events++);
		test.write(`a/${name}`, "1");
		await until(`an event about ${name}`, () => events > 0);
		while (events > 0) {
			events = 0;
			await setTimeout(1);
		}
		watcher.close();
	};
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
		await writeSeen("m2.gguf.part");
		assert.equal(count, 0);
		const change = nextChange();
		test.write("a/m3.gguf", "1");
		await change;
		watching.dispose();
		const before = count;
		await writeSeen("m4.gguf");
		assert.equal(count, before);
	});

	it("survives the removal of a folder", async () => {
		const watching = watchFolders([test.at("a"), test.at("b")], onChange, 1);
		test.remove();
		await nextChange();
		watching.dispose();
	});
});
