import assert from "node:assert/strict";
import path from "node:path";
import {
	type InstalledModelsRequest,
	listInstalledModels,
} from "../../../../src/models/library/installedModels.ts";
import { builtInModel } from "../../../support/models/realEngine.ts";
import {
	minimalModelBytes,
	type TestFolder,
	testFolder,
} from "../../../support/models/toolFolders.ts";

describe("listInstalledModels", () => {
	let test: TestFolder;
	beforeEach(() => {
		test = testFolder();
	});
	afterEach(() => test.remove());

	const names = async (more: Partial<InstalledModelsRequest> = {}) => {
		const { models } = await listInstalledModels({
			builtInFile: builtInModel,
			storageFolder: test.at("storage"),
			folders: [],
			searchesStores: false,
			chosen: "",
			...more,
		});
		return models.map(
			({ name, locations: [{ store }], content }) =>
				`${name}, ${store}${content.ok ? "" : `, ${content.error.code}`}`,
		);
	};
	const shipped = [
		"headroom-7m-q8_0, headroom",
		"headroom-draft-1.6m-q8_0, headroom",
	];

	it("has the models that ship with the extension, and those it downloaded", async () => {
		assert.deepEqual(await names(), shipped);
		test.write("storage/models/mine.gguf", minimalModelBytes("Mine"));
		assert.deepEqual(await names(), [...shipped, "mine, headroom"]);
		assert.ok(test.at("storage", "modelCache.json") in test.tree());
	});

	it("has the folders of the user", async () => {
		test.write("sticks/usb.gguf", minimalModelBytes("Usb"));
		assert.deepEqual(await names({ folders: [test.at("sticks")] }), [
			...shipped,
			"usb, folder",
		]);
	});

	for (const [what, file, write, expected] of [
		["that lies elsewhere", "elsewhere/one.gguf", true, ["one, folder"]],
		[
			"that is gone",
			"elsewhere/one.gguf",
			false,
			["one, folder, modelMissing"],
		],
		["that it has anyway", builtInModel, false, []],
		["that is no path", "builtIn", false, []],
	] as const)
		it(`has the chosen model ${what}`, async () => {
			if (write) test.write(file, minimalModelBytes("One"));
			const chosen =
				path.isAbsolute(file) || !file.includes("/") ? file : test.at(file);
			assert.deepEqual(await names({ chosen }), [...shipped, ...expected]);
		});
});
