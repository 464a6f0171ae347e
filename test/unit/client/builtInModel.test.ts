import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import {
	builtInModelFile,
	loadOptionsFor,
} from "../../../src/client/builtInModel.ts";
import { plainLoadSettings } from "../../support/loadOptions.ts";
import { root } from "../../support/models/realEngine.ts";

describe("loadOptionsFor", () => {
	const folder = path.resolve("/extension");
	const builtIn = builtInModelFile(folder);
	const draft = path.join(
		path.dirname(builtIn),
		"headroom-draft-1.6m-q8_0.gguf",
	);
	for (const [what, file, expected] of [
		["the built-in model", "", { file: builtIn, contextWindow: 768 }],
		["it by its path", builtIn, { file: builtIn, contextWindow: 768 }],
		["the draft beside it", draft, { file: draft, contextWindow: 768 }],
		["another", "/m/a.gguf", { file: "/m/a.gguf", contextWindow: null }],
	] as const)
		it(`loads ${what}, in the window it was trained in`, () => {
			const { file: loaded, contextWindow } = loadOptionsFor(
				{
					...plainLoadSettings,
					file,
				},
				folder,
			);
			assert.deepEqual({ file: loaded, contextWindow }, expected);
		});

	const found = ["/m/found.gguf", "/m/other.gguf"];
	for (const [what, file, speculation, expected] of [
		["the built-in model with the draft beside it", "", "auto", [draft]],
		["it by its path in the same way", builtIn, "draft", [draft]],
		["the draft with what was found", draft, "auto", found],
		["another with what was found", "/m/a.gguf", "draft", found],
		["the built-in model alone", "", "lookup", []],
		["another alone", "/m/a.gguf", "off", []],
		["another alone, for a look-up", "/m/a.gguf", "lookup", []],
	] as const)
		it(`loads ${what}: ${speculation}`, () => {
			const options = loadOptionsFor(
				{
					...plainLoadSettings,
					file,
					speculation,
					drafts: found,
				},
				folder,
			);
			assert.deepEqual(options.drafts, expected);
			assert.equal(options.speculation, speculation);
		});

	for (const [what, file, expected] of [
		[
			"another model",
			"/m/chat.gguf",
			{ file: "/m/chat.gguf", contextWindow: null, drafts: found },
		],
		[
			"the built-in model",
			"",
			{ file: builtIn, contextWindow: 768, drafts: [draft] },
		],
		["the same model", "/m/a.gguf", undefined],
	] as const)
		it(`chats with ${what}`, () => {
			const { chat } = loadOptionsFor(
				{
					...plainLoadSettings,
					file: "/m/a.gguf",
					speculation: "auto",
					chat: { file, drafts: found },
				},
				folder,
			);
			assert.deepEqual(chat, expected);
		});

	it("names a draft that ships with the extension", () => {
		const { drafts } = loadOptionsFor(
			{
				...plainLoadSettings,
				speculation: "auto",
			},
			root,
		);
		assert.deepEqual(drafts.map(existsSync), [true]);
	});
});
