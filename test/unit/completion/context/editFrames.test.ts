import assert from "node:assert/strict";
import { EditFrames } from "../../../../src/completion/context/editFrames.ts";
import type { DocumentSnapshot } from "../../../../src/completion/text/documentContext.ts";
import type { FramedText } from "../../../../src/completion/text/editFrame.ts";
import { at } from "../../../support/cursor.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

const lines = Array.from({ length: 40 }, (_, i) => `\tcall${i}(value${i});\n`);
const above = lines.slice(0, 20).join("");
const below = lines.slice(20).join("");

/** The frames of the states of a document, one after the other. */
function framesOf(...documents: readonly string[]): readonly FramedText[] {
	const frames = new EditFrames();
	return documents.map((it) => frames.frameFor(at(it)));
}

describe("EditFrames", () => {
	it("keep prefix and suffix while several lines are typed, deleted and typed again", () => {
		const typed = "\tif (ready) {\n\t\tstart();\n\t\tlog();\n\tstop(";
		const states = [...typed].map((_, end) => typed.slice(0, end + 1));
		const all = [...states, ...states.toReversed(), ...states];
		const framed = framesOf(...all.map((it) => `${above}${it}█\n${below}`));
		assert.equal(new Set(framed.map(({ frame }) => frame)).size, 1);
		assert.deepEqual(
			framed.map((it) => it.typed),
			all.map((it) => lines.slice(18, 20).join("") + it),
		);
	});

	it("hold behind an import that comes above, until the next pause", () => {
		const frames = new EditFrames();
		const earlier = frames.frameFor(at(`${above}\tfo█\n${below}`));
		const now = at(`import { foo } from "foo";\n${above}\tfoo█\n${below}`);
		const later = frames.frameFor(now);
		assert.equal(later.frame, earlier.frame);
		assert.match(later.typed, /\tfoo$/);
		const proposed = frames.propose(now);
		assert.match(proposed.frame.prefixBlocks.join(""), /^import/);
		assert.equal(frames.frameFor(now).frame, earlier.frame);
		frames.accept(now.uri, proposed.frame);
		assert.equal(frames.frameFor(now).frame, proposed.frame);
	});

	it("stay as they are in a pause where nothing has changed around them", () => {
		const frames = new EditFrames();
		const { frame } = frames.frameFor(at(`${above}\tfo█\n${below}`));
		const now = at(`${above}\tfoo();\n\tbar█\n${below}`);
		assert.equal(frames.propose(now).frame, frame);
		const closed = at(`${above}\tfoo();\n\tbar(█)\n${below}`);
		assert.equal(frames.frameFor(closed).frame, frame);
		assert.match(frames.propose(closed).frame.suffix, /^\)/);
	});

	it("are those from before a bracket was closed, once that is typed over", () => {
		const frames = new EditFrames();
		const { frame } = frames.frameFor(at(`${above}\tfoo█\n${below}`));
		const inBrackets = at(`${above}\tfoo(█)\n${below}`);
		frames.frameFor(inBrackets);
		const proposed = frames.propose(inBrackets).frame;
		frames.accept(inBrackets.uri, proposed);
		assert.equal(
			frames.frameFor(at(`${above}\tfoo(x█)\n${below}`)).frame,
			proposed,
		);
		assert.equal(
			frames.frameFor(at(`${above}\tfoo(x)█\n${below}`)).frame,
			frame,
		);
	});

	it("are proposed anew before they are too long to type into", () => {
		const frames = new EditFrames();
		const { frame } = frames.frameFor(at(`${above}█\n${below}`));
		const now = at(`${above}${"\tfoo();\n".repeat(12)}█\n${below}`);
		assert.equal(frames.frameFor(now).frame, frame);
		assert.notEqual(frames.propose(now).frame, frame);
	});

	it("are made anew at once where too much is typed", () => {
		for (const typed of ["\tfoo();\n".repeat(30), "x = y\n".repeat(150)]) {
			const states = [...typed].map((_, end) => typed.slice(0, end + 1));
			const framed = framesOf(
				...states.map((it) => `${above}${it}█\n${below}`),
			);
			for (const it of framed) {
				assert.ok(it.typed.length <= 800);
				assert.ok(it.typed.split("\n").length <= 20);
			}
			const made = new Set(framed.map(({ frame }) => frame)).size;
			assert.ok(made > 1 && made <= 10, `${made} frames`);
		}
	});

	it("are made anew at once only one time where a line is longer than what may be typed", () => {
		const framed = framesOf(
			...[200, 790, 900, 2000, 5000].map(
				(length) => `${above}${"x".repeat(length)}█\n${below}`,
			),
		);
		assert.equal(new Set(framed.map(({ frame }) => frame)).size, 2);
		assert.deepEqual(
			framed.slice(2).map(({ typed }) => typed.length),
			[900, 2000, 5000],
		);
	});

	it("are found again where the cursor comes back and nothing has changed", () => {
		const jump = above.replace("call3(", "call3(█");
		const [first, , back, changed] = framesOf(
			`${above}\tfo█\n${below}`,
			`${jump}\tfo\n${below}`,
			`${above}\tfoo█\n${below}`,
			`${above}\tfoo█\n${below.replace("value30", "other")}`,
		);
		assert.equal(back?.frame, first?.frame);
		assert.equal(changed?.frame, first?.frame);
		const [there, , changedThere] = framesOf(
			`${above}\tfo█\n${below}`,
			`${jump}\tfo\n${below}`,
			`${above.replace("value3", "other")}\tfo█\n${below}`,
		);
		assert.notEqual(changedThere?.frame, there?.frame);
	});

	it("are made anew where the cursor has left", () => {
		for (const elsewhere of [
			`${above}\tfoo(\n${below.replace("call25", "█call25")}`,
			`${lines.slice(0, 17).join("")}█\n${below}`,
			`${above.slice(0, -1)}█\tfoo(\n${below}`,
			`${above}\tf█oo(\n${below}`,
		]) {
			const [first, second] = framesOf(`${above}\tfoo(█\n${below}`, elsewhere);
			assert.notEqual(second?.frame, first?.frame, elsewhere);
		}
	});

	it("are kept of the last eight documents", () => {
		const frames = new EditFrames();
		const inFile = (name: string, text: string): DocumentSnapshot => ({
			...at(text),
			uri: `file:///${name}`,
		});
		const first = frames.frameFor(inFile("first", "a\n█"));
		for (let i = 0; i < 7; i++) frames.frameFor(inFile(`${i}`, "b\n█"));
		assert.equal(frames.frameFor(inFile("first", "a\nb█")).frame, first.frame);
		for (let i = 0; i < 8; i++) frames.frameFor(inFile(`${i}`, "b\n█"));
		assert.notEqual(
			frames.frameFor(inFile("first", "a\nb█")).frame,
			first.frame,
		);
	});
});

/** A document, edited as people and editors do. */
class Typing {
	readonly #random: () => number;
	readonly #lineEnd: string;
	text: string;
	offset: number;

	constructor(seed: number) {
		this.#random = seededRandom(seed);
		this.#lineEnd = this.#random() < 0.5 ? "\n" : "\r\n";
		this.text = Array.from({ length: this.#below(90) }, () => this.#line())
			.map((it) => it + this.#lineEnd)
			.join("");
		this.offset = this.#lineStart();
	}

	get snapshot(): DocumentSnapshot {
		return { ...at("█"), text: this.text, offset: this.offset };
	}

	/** @returns whether the text was only extended at the cursor. */
	step(): boolean {
		const kind = this.#random();
		if (kind < 0.5) this.#insert("  foo.bar = 1;"[this.#below(14)] ?? "x");
		else if (kind < 0.6) this.#insert(`${this.#lineEnd}\t`);
		else if (kind < 0.65)
			this.#insert(`${this.#line()}${this.#lineEnd}${this.#line()}`);
		else if (kind < 0.75) this.#remove(1 + this.#below(4));
		else if (kind < 0.85) this.#close();
		else if (kind < 0.9) this.#above(`import ${this.#line()}`);
		else if (kind < 0.95) this.#editBelow();
		else this.offset = this.#lineStart();
		return kind < 0.65;
	}

	#insert(added: string): void {
		const { text, offset } = this;
		this.text = text.slice(0, offset) + added + text.slice(offset);
		this.offset += added.length;
	}

	#remove(count: number): void {
		const { text, offset } = this;
		const from = Math.max(0, offset - count);
		// An editor removes a line end as a whole.
		const start = text.slice(from - 1, from + 1) === "\r\n" ? from - 1 : from;
		this.text = text.slice(0, start) + text.slice(offset);
		this.offset = start;
	}

	#close(): void {
		const [opened, closed] = ["()", "[]", "{}", '""'][this.#below(4)] ?? "";
		this.#insert(opened ?? "");
		this.text =
			this.text.slice(0, this.offset) +
			(closed ?? "") +
			this.text.slice(this.offset);
	}

	#above(line: string): void {
		const added = line + this.#lineEnd;
		this.text = added + this.text;
		this.offset += added.length;
	}

	#editBelow(): void {
		const at = this.offset + this.#below(this.text.length - this.offset);
		const lineEnd = this.text.indexOf("\n", at);
		if (lineEnd < 0) return;
		this.text = `${this.text.slice(0, lineEnd + 1)}${this.#line()}${this.#lineEnd}${this.text.slice(lineEnd + 1)}`;
	}

	#lineStart(): number {
		return this.text.lastIndexOf("\n", this.#below(this.text.length + 1)) + 1;
	}

	#line(): string {
		if (this.#random() < 0.2) return this.#random() < 0.5 ? "" : "}";
		return `${"\t".repeat(this.#below(3))}w${this.#below(200)} = w${this.#below(200)};`;
	}

	#below(count: number): number {
		return Math.floor(this.#random() * count);
	}
}

const unix = (text: string) => text.replaceAll("\r\n", "\n");

/** Lines that one text has more often than the other, in both directions; the larger number. */
function differentLines(a: string, b: string): number {
	const missing = (from: string, within: string): number => {
		const left = within.split("\n");
		return from.split("\n").filter((line) => {
			const at = left.indexOf(line);
			if (at >= 0) left.splice(at, 1);
			return at < 0;
		}).length;
	};
	return Math.max(missing(a, b), missing(b, a));
}

describe("EditFrames in 120 random edits each of 60 steps", () => {
	for (const withPauses of [false, true])
		it(`are the document, but for small edits around what is typed; ${withPauses ? "with" : "without"} pauses`, () => {
			let kept = 0;
			for (let seed = 0; seed < 120; seed++) {
				const typing = new Typing(seed);
				const frames = new EditFrames();
				let last = frames.frameFor(typing.snapshot);
				for (let step = 0; step < 60; step++) {
					const isExtended = typing.step();
					const framed = frames.frameFor(typing.snapshot);
					assertIsAlike(framed, typing, `seed ${seed}, step ${step}`);
					if (framed.frame === last.frame) kept++;
					const added = framed.typed.length - last.typed.length;
					const isFull =
						last.typed.length + Math.abs(added) > 700 ||
						last.typed.split("\n").length > 16;
					if (isExtended && !isFull)
						assert.equal(
							framed.frame,
							last.frame,
							`typing keeps the frame: seed ${seed}, step ${step}`,
						);
					last = framed;
					if (!withPauses || step % 7 > 0) continue;
					const proposed = frames.propose(typing.snapshot);
					const { frame, typed } = proposed;
					const { text, offset } = typing;
					assert.equal(
						frame.prefixBlocks.join("") + typed + frame.suffix,
						unix(text.slice(0, offset)) +
							unix(text.slice(offset)).slice(0, frame.suffix.length),
						"in a pause, it is exactly the document",
					);
					frames.accept(typing.snapshot.uri, frame);
					last = frames.frameFor(typing.snapshot);
					assert.equal(last.frame, frame);
				}
			}
			assert.ok(kept > 120 * 60 * 0.75, `${kept} steps in the same frame`);
		});

	function assertIsAlike(
		{ frame, typed }: FramedText,
		{ text, offset }: Typing,
		where: string,
	): void {
		const before = unix(text.slice(0, offset));
		const after = unix(text.slice(offset)).slice(0, frame.suffix.length + 64);
		assert.ok(before.endsWith(typed), `${where}: what was typed`);
		const prefix = frame.prefixBlocks.join("");
		const realPrefix = before.slice(0, before.length - typed.length);
		assert.ok(
			differentLines(prefix, realPrefix) <=
				Math.max(1, prefix.split("\n").length * 0.1),
			`${where}: the prefix`,
		);
		const [line = "", ...lines] = withoutClosers(frame.suffix);
		const [realLine = "", ...realLines] = withoutClosers(after);
		const words = (it: string) => it.match(/\w+/g) ?? [];
		assert.deepEqual(words(realLine), words(line), `${where}: the line`);
		assert.ok(
			differentLines(lines.join("\n"), realLines.join("\n")) <=
				Math.max(frame.suffix.split("\n").length, after.split("\n").length) *
					0.1 +
					1,
			`${where}: the suffix`,
		);
	}

	/** The lines of a suffix; brackets that were closed on lines of their own do not count. */
	function withoutClosers(suffix: string): string[] {
		const [line = "", ...rest] = suffix.split("\n");
		return [line, ...rest.filter((it) => !/^[\s)\]}"]*$/.test(it))];
	}
});
