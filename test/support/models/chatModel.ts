/** A copy of the built-in model that declares a chat template. It talks nonsense. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { builtInModel } from "./realEngine.ts";

const key = "headroom.roles";
/** Of a string, in a GGUF file. */
const type = 8;
/** Of the weights: longer by just that, the header leaves them where they belong. */
const alignmentBytes = 32;

const templateKey = "tokenizer.chat_template";
const windowKey = "qwen3.context_length";

export interface ChatModelOptions {
	/** In the place of those that it declares; spaces after them count for nothing. */
	readonly roles?: string;
	/** May be longer than what it was trained with: it talks nonsense anyway, and conversations need room. */
	readonly contextWindow?: number;
	/** In the place of its own, with spaces after it. */
	readonly chatTemplate?: string;
}

export function writeChatModel(
	file: string,
	{
		roles = "completion,chat",
		contextWindow,
		chatTemplate,
	}: ChatModelOptions = {},
): void {
	const bytes = readFileSync(builtInModel);
	const windowAt = bytes.indexOf(windowKey) + windowKey.length + 4;
	if (contextWindow !== undefined) bytes.writeUInt32LE(contextWindow, windowAt);
	if (chatTemplate !== undefined) {
		const lengthAt = bytes.indexOf(templateKey) + templateKey.length + 4;
		const length = Number(bytes.readBigUInt64LE(lengthAt));
		assert.ok(chatTemplate.length <= length, "its own template is longer");
		bytes.write(chatTemplate.padEnd(length), lengthAt + 8);
	}
	const at = bytes.indexOf(key) + key.length;
	assert.equal(bytes.readUInt32LE(at), type, `${key} is a string`);
	const lengthAt = at + 4;
	const start = lengthAt + 8;
	const oldLength = Number(bytes.readBigUInt64LE(lengthAt));
	const value = Buffer.from(roles.padEnd(oldLength + alignmentBytes));
	assert.equal(value.length, oldLength + alignmentBytes);
	const front = bytes.subarray(0, start);
	front.writeBigUInt64LE(BigInt(value.length), lengthAt);
	const rest = bytes.subarray(start + oldLength);
	writeFileSync(file, Buffer.concat([front, value, rest]));
}
