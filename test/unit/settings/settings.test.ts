import assert from "node:assert/strict";
import {
	defaultSettings,
	readSettings,
} from "../../../src/settings/settings.ts";
import { settingsEffect } from "../../../src/settings/settingsChange.ts";

describe("readSettings", () => {
	const read = (raw: Record<string, unknown>) =>
		readSettings((key) => raw[key]);

	it("takes defaults for what is not set", () =>
		assert.deepEqual(read({}), { settings: defaultSettings, invalid: [] }));

	it("takes what is set", () =>
		assert.equal(read({ "engine.threads": 4 }).settings["engine.threads"], 4));

	for (const url of ["http://proxy.example:3128", "https://u:p@proxy"])
		it(`takes ${url} for a proxy`, () =>
			assert.equal(
				read({ "download.proxy": url }).settings["download.proxy"],
				url,
			));

	it("takes languages as they are named", () =>
		assert.deepEqual(
			read({ "completion.languages": { markdown: false } }).settings[
				"completion.languages"
			],
			{ markdown: false },
		));

	for (const [key, raw] of [
		["engine.threads", -1],
		["engine.threads", 1.5],
		["engine.threads", "four"],
		["engine.gpu", "cuda"],
		["completion.enabled", "yes"],
		["completion.languages", "typescript"],
		["completion.languages", ["typescript"]],
		["completion.languages", { markdown: "off" }],
		["completion.latencyTargetMs", 49],
		["completion.latencyTargetMs", 5001],
		["completion.latencyTargetMs", 99.5],
		["speculation", "fast"],
		["speculation", true],
		["model.file", null],
		["download.proxy", "proxy.example:3128"],
		["download.proxy", "socks5://proxy.example"],
		["download.mirror", "mirror"],
		["download.mirror", 1],
	] as const)
		it(`falls back for ${key} = ${JSON.stringify(raw)}, and keeps the rest`, () => {
			const { settings, invalid } = read({
				"model.file": "/m.gguf",
				[key]: raw,
			});
			assert.equal(settings[key], defaultSettings[key]);
			assert.deepEqual(
				invalid.map((it) => it.key),
				[key],
			);
			if (key !== "model.file") assert.equal(settings["model.file"], "/m.gguf");
		});
});

describe("settingsEffect", () => {
	for (const [change, expected] of [
		[{}, "nothing"],
		[{ "completion.enabled": false }, "nothing"],
		[{ "completion.languages": { markdown: false } }, "nothing"],
		[{ "download.mirror": "https://mirror.example" }, "nothing"],
		[{ "completion.latencyTargetMs": 200 }, "reloadModel"],
		[{ "model.file": "/m.gguf" }, "selectModel"],
		[{ "model.file": "/m.gguf", speculation: "lookup" }, "reloadModel"],
		[{ speculation: "lookup" }, "reloadModel"],
		[{ "engine.threads": 2, "model.file": "/m.gguf" }, "restartEngine"],
	] as const)
		it(`of ${JSON.stringify(change)} is ${expected}`, () =>
			assert.equal(
				settingsEffect(defaultSettings, { ...defaultSettings, ...change }),
				expected,
			));
});
