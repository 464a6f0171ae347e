import assert from "node:assert/strict";
import {
	checkFolder,
	mostFolderBytes,
	mostFolderFiles,
} from "../../../src/chat/folderLimits.ts";
import { errorText } from "../../../src/protocol/errors.ts";

describe("checkFolder", () => {
	const sizes = (count: number, each: number) =>
		Array.from({ length: count }, () => each);
	for (const [what, given] of [
		["one file", [10]],
		["as many files as may be", sizes(mostFolderFiles, 1)],
		["as many bytes as may be", [mostFolderBytes]],
	] as const)
		it(`takes ${what}`, () => {
			assert.ok(checkFolder("src", given).ok);
		});

	for (const [what, given, sentence] of [
		["nothing", [], /^There is nothing in src to attach/],
		[
			"more files",
			sizes(mostFolderFiles + 1, 1),
			/^src has 101 files with 101 B, and at most 100 files/,
		],
		[
			"more bytes",
			[mostFolderBytes, 1024],
			/^src has 2 files with 401\.0 KB, and at most .* with 400\.0 KB/,
		],
	] as const)
		it(`refuses ${what}, with the figures`, () => {
			const checked = checkFolder("src", given);
			assert.ok(!checked.ok);
			assert.match(errorText(checked.error), sentence);
		});
});
