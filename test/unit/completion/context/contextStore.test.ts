import assert from "node:assert/strict";
import {
	type CandidateKind,
	ContextStore,
} from "../../../../src/completion/context/contextStore.ts";
import { isContextFile } from "../../../../src/workspace/contextFiles.ts";
import { linesOf, region } from "../../../../src/workspace/regions.ts";

const newStore = () =>
	new ContextStore((path) =>
		isContextFile(path, (it) => it.startsWith("out/")),
	);

const numbered = (count: number, name = "line") =>
	Array.from({ length: count }, (_, i) => `${name}${i}();`).join("\n");

function remember(
	store: ContextStore,
	path: string,
	text: string,
	kind: Exclude<CandidateKind, "open">,
	[start, end]: readonly [number, number],
) {
	const found = region(linesOf(text), start, end);
	assert.ok(found);
	store.remember(path, text, kind, found);
}

const places = (store: ContextStore, exceptPath = "") =>
	store
		.candidates(exceptPath)
		.map(({ path, kind, startLine, endLine }) => [
			path,
			kind,
			startLine,
			endLine,
		]);

describe("ContextStore", () => {
	it("returns the candidates outside of one file, by path and line", () => {
		const store = newStore();
		const text = numbered(50);
		remember(store, "b.ts", text, "visited", [30, 40]);
		remember(store, "b.ts", text, "edited", [0, 10]);
		remember(store, "a.ts", text, "definition", [5, 9]);
		assert.deepEqual(places(store), [
			["a.ts", "definition", 5, 9],
			["b.ts", "edited", 0, 10],
			["b.ts", "visited", 30, 40],
		]);
		assert.deepEqual(places(store, "b.ts"), [["a.ts", "definition", 5, 9]]);
		assert.equal(
			store.candidates("")[0]?.text,
			"line5();\nline6();\nline7();\nline8();",
		);
	});

	it("returns the texts of all files, also closed ones, the most recently used first", () => {
		const store = newStore();
		store.open("a.ts", "one\r\ntwo");
		store.open("b.ts", "three");
		store.open("out/c.ts", "built");
		store.open("d.ts", "gone");
		store.closed("b.ts");
		store.forget("d.ts");
		store.changed("a.ts", "one\r\n2");
		assert.deepEqual(
			store.texts().map(({ path, text }) => [path, text]),
			[
				["a.ts", "one\n2"],
				["b.ts", "three"],
			],
		);
	});

	for (const [what, first, second, expected] of [
		[
			"overlap",
			["visited", [0, 10]],
			["edited", [8, 20]],
			[["a.ts", "edited", 0, 20]],
		],
		[
			"overlap, keeping the stronger reason",
			["definition", [0, 10]],
			["visited", [8, 20]],
			[["a.ts", "definition", 0, 20]],
		],
		[
			"are the same",
			["edited", [0, 10]],
			["edited", [0, 10]],
			[["a.ts", "edited", 0, 10]],
		],
		[
			"touch, which is no overlap",
			["edited", [0, 10]],
			["edited", [10, 20]],
			[
				["a.ts", "edited", 0, 10],
				["a.ts", "edited", 10, 20],
			],
		],
		[
			"are too much together, where the later stays",
			["edited", [0, 30]],
			["visited", [20, 50]],
			[["a.ts", "visited", 20, 50]],
		],
	] as const)
		it(`merges regions that ${what}`, () => {
			const store = newStore();
			const text = numbered(60);
			for (const [kind, lines] of [first, second])
				remember(store, "a.ts", text, kind, lines);
			assert.deepEqual(places(store), expected);
		});

	it("relocates a region that moved, or takes the text that replaced it", () => {
		const store = newStore();
		const text = numbered(30);
		remember(store, "a.ts", text, "edited", [10, 15]);
		store.changed("a.ts", `// new\r\n${text.replaceAll("\n", "\r\n")}`);
		assert.deepEqual(places(store), [["a.ts", "edited", 11, 16]]);
		store.changed("a.ts", `// new\n${text.replace("line12", "other")}`);
		const [changed] = store.candidates("");
		assert.match(changed?.text ?? "", /other/);
		assert.ok(changed?.words.has("other") && !changed.words.has("line12"));
		store.changed("a.ts", "gone();");
		assert.deepEqual(places(store), []);
	});

	it("forgets a file that has become too long to be split into lines", () => {
		const store = newStore();
		store.open("src/a.ts", numbered(20));
		store.open("src/a.ts", `${numbered(20)}\n`.repeat(5000));
		assert.deepEqual(places(store), []);
		assert.deepEqual(store.texts(), []);
	});

	it("drops the oldest region of a file beyond 8, and the least recently used file beyond 32", () => {
		const store = newStore();
		const text = numbered(100);
		for (let i = 0; i < 10; i++)
			remember(store, "a.ts", text, "edited", [i * 10, i * 10 + 5]);
		assert.deepEqual(
			places(store).map((it) => it[2]),
			[20, 30, 40, 50, 60, 70, 80, 90],
		);
		for (let i = 0; i < 31; i++)
			remember(store, `f${i}.ts`, text, "edited", [0, 5]);
		assert.equal(store.holds("a.ts", "line1();"), true);
		remember(store, "one-more.ts", text, "edited", [0, 5]);
		assert.equal(store.holds("a.ts", "line1();"), false);
		assert.equal(places(store).length, 32);
	});

	it("has each region of an open file once, and only the remembered ones of a closed file", () => {
		const store = newStore();
		const text = `${numbered(20, "a")}\n\n${numbered(20, "b")}`;
		store.open("a.ts", text);
		assert.deepEqual(places(store), [
			["a.ts", "open", 0, 20],
			["a.ts", "open", 21, 41],
		]);
		remember(store, "a.ts", text, "visited", [25, 30]);
		assert.deepEqual(places(store), [
			["a.ts", "open", 0, 20],
			["a.ts", "visited", 25, 30],
		]);
		store.changed("a.ts", `// new\n${text}`);
		assert.deepEqual(places(store), [
			["a.ts", "open", 0, 21],
			["a.ts", "visited", 26, 31],
		]);
		store.closed("a.ts");
		assert.deepEqual(places(store), [["a.ts", "visited", 26, 31]]);
		store.open("b.ts", text);
		store.closed("b.ts");
		assert.deepEqual(places(store), [["a.ts", "visited", 26, 31]]);
		assert.equal(store.holds("b.ts", "a1();"), true);
	});

	it("has the first 16 regions of a long open file", () => {
		const store = newStore();
		store.open(
			"a.ts",
			Array.from({ length: 30 }, (_, i) => numbered(10, `f${i}x`)).join("\n\n"),
		);
		assert.equal(places(store).length, 16);
	});

	it("has nothing of a file that was forgotten or never added", () => {
		const store = newStore();
		remember(store, "a.ts", numbered(9), "edited", [0, 5]);
		store.forget("a.ts");
		store.changed("a.ts", numbered(9));
		store.closed("b.ts");
		assert.deepEqual(places(store), []);
	});

	it("holds a text that is still in its file", () => {
		const store = newStore();
		store.open("a.ts", "foo();\r\nbar();\r\n");
		assert.equal(store.holds("a.ts", "foo();\nbar();"), true);
		store.changed("a.ts", "foo();\nbaz();\n");
		assert.equal(store.holds("a.ts", "foo();\nbar();"), false);
	});

	it("never stores a file that may not be used", () => {
		const store = newStore();
		for (const path of [".env", "out/a.ts", "package-lock.json"]) {
			store.open(path, numbered(9));
			remember(store, path, numbered(9), "edited", [0, 5]);
		}
		assert.deepEqual(places(store), []);
	});

	it("drops a file that has become ignored", () => {
		let isIgnored = false;
		const store = new ContextStore(() => !isIgnored);
		store.open("a.ts", numbered(9));
		isIgnored = true;
		assert.deepEqual(places(store), []);
		assert.equal(store.holds("a.ts", "line1();"), false);
		store.changed("a.ts", numbered(9));
		isIgnored = false;
		assert.deepEqual(places(store), []);
	});

	it("numbers candidates by event", () => {
		const store = newStore();
		store.open("a.ts", numbered(9));
		store.open("b.ts", numbered(9));
		remember(store, "c.ts", numbered(9), "edited", [0, 5]);
		store.open("a.ts", numbered(9));
		assert.deepEqual(
			store
				.candidates("")
				.sort((first, second) => first.sequence - second.sequence)
				.map(({ path }) => path),
			["b.ts", "c.ts", "a.ts"],
		);
	});
});
