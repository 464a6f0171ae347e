import assert from "node:assert/strict";
import {
	checkCount,
	checkSize,
	maxFolderBytes,
	maxFolderFiles,
} from "../../../../src/chat/attachments/folderLimits.ts";
import { errorText } from "../../../../src/protocol/errors.ts";

describe("folder limits", () => {
	it("allow the maximum", () => {
		assert.ok(checkCount("src", 1).ok);
		assert.ok(checkCount("src", maxFolderFiles).ok);
		assert.ok(checkSize("src", []).ok);
		assert.ok(checkSize("src", [1, maxFolderBytes - 1]).ok);
	});

	for (const [what, checked, sentence] of [
		["nothing", checkCount("src", 0), /^There is nothing to attach in src/],
		[
			"more files",
			checkCount("src", maxFolderFiles + 1),
			/^src has 101 files, and the limit is 100/,
		],
		[
			"more bytes",
			checkSize("src", [maxFolderBytes, 1024]),
			/^The files in src have 401\.0 KB, and the limit is 400\.0 KB/,
		],
	] as const)
		it(`refuse ${what}, with the figures`, () => {
			assert.ok(!checked.ok);
			assert.match(errorText(checked.error), sentence);
		});
});
