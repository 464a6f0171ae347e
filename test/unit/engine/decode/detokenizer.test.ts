import assert from "node:assert/strict";
import { Detokenizer } from "../../../../src/engine/decode/detokenizer.ts";

/** Each token is a byte. */
const bytesToText = (tokens: readonly number[]) =>
	new TextDecoder().decode(Uint8Array.from(tokens));

describe("Detokenizer", () => {
	for (const text of ["plain", "ä€𝄞 and é", "日本語"])
		it(`gives "${text}" in whole characters`, () => {
			const decoder = new Detokenizer(bytesToText);
			const chunks = [...new TextEncoder().encode(text)].map((byte) =>
				decoder.push(byte),
			);
			assert.equal(chunks.join(""), text);
			assert.ok(chunks.every((chunk) => !chunk.includes("\ufffd")));
		});

	it("emits invalid bytes after four tokens", () => {
		const decoder = new Detokenizer(bytesToText);
		const chunks = [0xff, 0xff, 0xff, 0xff].map((byte) => decoder.push(byte));
		assert.deepEqual(chunks.slice(0, 3), ["", "", ""]);
		assert.equal(chunks[3], "\ufffd\ufffd\ufffd\ufffd");
	});
});
