import assert from "node:assert/strict";
import { LongTexts, slicesOf } from "../../../../src/engine/chat/longTexts.ts";
import type { Token } from "../../../../src/engine/runtime/runtime.ts";
import { driveEngine, user } from "../../../support/fakes/drivenEngine.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

describe("slicesOf", () => {
	const indented = "if (x) {\n\t\treturn 1;\n\t}\n".repeat(20);

	for (const [what, text] of [
		["nothing", ""],
		["a short text", "one line"],
		["lines", "const a = 1;\n".repeat(50)],
		["indented lines", indented],
		["blank lines", "a\n\n\n\nb\r\n\r\n".repeat(40)],
		["one long line", "word and another ".repeat(40)],
		["no spaces", "x".repeat(1000)],
		["only spaces", " ".repeat(1000)],
		["only line feeds", "\n".repeat(1000)],
		["characters of two halves", "😀".repeat(500)],
		["Chinese", "計算結果，".repeat(200)],
	] as const)
		it(`makes up ${what}`, () => {
			const slices = [...slicesOf(text, 64)];
			assert.equal(slices.join(""), text);
			for (const slice of slices) {
				assert.ok(slice.length <= 64, slice);
				assert.equal(
					Buffer.from(slice).toString(),
					slice,
					"no half characters",
				);
			}
			assert.ok(slices.length <= Math.max(1, text.length / 32 + 1));
		});

	it("ends where a line begins with a word, or else between lines or words", () => {
		for (const slice of [...slicesOf(indented, 64)].slice(1))
			assert.match(slice, /^(?:if|\t)/);
		const lines = "const a = 1;\n  two\n".repeat(20);
		for (const slice of slicesOf(lines, 64)) assert.match(slice, /^const/);
		const words = [...slicesOf("word and another ".repeat(40), 64)];
		for (const slice of words.slice(1)) assert.match(slice, /^ \w/);
	});

	it("depends on nothing but the text, and little on an edit before it", () => {
		const random = seededRandom(3);
		const lines = Array.from(
			{ length: 400 },
			() => "x".repeat(1 + random() * 30) + ";\n",
		);
		const before = new Set(slicesOf(lines.join(""), 256));
		lines[40] = `${lines[40]}added\n`;
		const after = [...slicesOf(lines.join(""), 256)];
		const same = after.filter((it) => before.has(it)).length;
		assert.ok(same > after.length / 2, `${same} of ${after.length}`);
	});
});

describe("LongTexts", () => {
	const model = (calls: string[]) => ({
		beginningOfText: null,
		tokenize: (text: string) => {
			calls.push(text);
			return [...text].map((it) => it.charCodeAt(0) as Token);
		},
		tokenizeTemplate: () => [],
	});
	const text = "a line of text\n".repeat(5000);
	const run = async <T>(work: () => T) => work();

	it("tokenizes each slice once, and again only for another model", async () => {
		const texts = new LongTexts();
		const calls: string[] = [];
		const one = model(calls);
		const tokens = await texts.tokenize(text, one, run);
		assert.equal(tokens.length, text.length);
		const { length } = calls;
		assert.ok(length > 1);
		await texts.tokenize(text, one, run);
		// Equal slices in one text are known, too.
		assert.equal(calls.length, length);
		await texts.tokenize(text, model(calls), run);
		assert.equal(calls.length, 2 * length);
	});

	it("rejects where the rest is no longer wanted", async () => {
		const gone = new Error("gone");
		await assert.rejects(
			new LongTexts().tokenize(text, model([]), () => Promise.reject(gone)),
			gone,
		);
	});
});

describe("a long text in the chat", () => {
	/** Slices that differ, so that none is known from before. */
	const long = Array.from({ length: 60_000 }, (_, i) => `line ${i}\n`).join("");
	const places = (it: ReturnType<typeof driveEngine>) => (id: string) =>
		it.sent.findIndex(
			(message) =>
				"requestId" in message &&
				message.requestId === id &&
				message.kind !== "chunk",
		);

	it("is counted while completions are served", async () => {
		const it = driveEngine();
		it.load();
		await it.until(() => it.reports().at(-1) === "ready");
		it.count("n", [user(long)]);
		it.complete("c");
		await it.end("c");
		assert.deepEqual(it.lasts("n"), [], "it is not counted yet");
		const counted = await it.end("n");
		assert.ok(counted.kind === "counted", counted.kind);
		assert.deepEqual(counted.counts.turnTokens, [long.length]);
		const at = places(it);
		assert.ok(at("c") < at("n"));
	});

	it("is made a prompt of while completions are served, as it was counted", async () => {
		const it = driveEngine();
		it.load();
		await it.until(() => it.reports().at(-1) === "ready");
		it.chat("a", { turns: [user(long)] });
		await new Promise((resolve) => setImmediate(resolve));
		it.complete("c");
		await it.end("c");
		assert.deepEqual(it.lasts("a"), []);
		assert.equal(await it.outcome("a"), "chatTooLong");
	});

	it("is no longer counted for a model that is replaced", async () => {
		const it = driveEngine();
		it.load();
		await it.until(() => it.reports().at(-1) === "ready");
		it.count("n", [user(long)]);
		it.load({ file: "/models/two.gguf" });
		assert.equal(await it.outcome("n"), "engineStopped");
		it.count("m", [user(long)]);
		await it.until(() => it.lasts("m").length > 0);
	});

	it("ends as cancelled in the middle of its prompt", async () => {
		const it = driveEngine();
		it.load();
		await it.until(() => it.reports().at(-1) === "ready");
		it.chat("a", { turns: [user(long)] });
		await new Promise((resolve) => setImmediate(resolve));
		it.engine.receive({ kind: "cancel", requestId: "a" });
		assert.equal(await it.outcome("a"), "cancelled");
	});
});
