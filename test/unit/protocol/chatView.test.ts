import assert from "node:assert/strict";
import { FromChatView, ToChatView } from "../../../src/protocol/chatView.ts";

describe("messages of the chat panel", () => {
	it("are accepted if they are valid", () => {
		const chunk = {
			kind: "chunk",
			messageId: "1",
			segment: "text",
			text: "a",
		};
		assert.deepEqual(ToChatView.parse(chunk), chunk);
		const insert = {
			kind: "insert",
			messageId: "1",
			blockIndex: 0,
			code: "a",
			language: "",
		};
		assert.deepEqual(FromChatView.parse(insert), insert);
	});

	for (const message of [
		undefined,
		"send",
		{ kind: "unknown" },
		{ kind: "send" },
		{ kind: "selectBranch", messageId: "1", offset: 2 },
		{ kind: "insert", messageId: "1", blockIndex: -1, code: "", language: "" },
		{ kind: "openHistory", query: "", offset: 0.5 },
	])
		it(`are refused from the view: ${JSON.stringify(message)}`, () => {
			assert.equal(FromChatView.safeParse(message).success, false);
		});
});
