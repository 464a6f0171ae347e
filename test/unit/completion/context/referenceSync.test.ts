import assert from "node:assert/strict";
import { Emitter } from "../../../../src/base/event.ts";
import { ContextStore } from "../../../../src/completion/context/contextStore.ts";
import {
	chooseTexts,
	type ReferenceFile,
	ReferenceSync,
} from "../../../../src/completion/context/referenceSync.ts";
import {
	maxReferenceChars,
	maxReferenceCharsInAll,
	maxReferences,
	References,
} from "../../../../src/protocol/references.ts";
import { isContextFile } from "../../../../src/workspace/contextFiles.ts";

function setUp(files: () => Iterable<ReferenceFile>) {
	const started = new Emitter<void>();
	const told: References[] = [];
	const engine = { isThere: true };
	const references = new ReferenceSync({
		files,
		engine: {
			onDidStart: started.event,
			sendReferences: (it) => {
				if (engine.isThere) told.push(References.parse(it));
				return engine.isThere;
			},
		},
	});
	return { references, told, engine, start: () => started.fire() };
}

const a = { path: "a.ts", text: "one" };
const b = { path: "b.ts", text: "two" };

describe("ReferenceSync", () => {
	const changes: Readonly<
		Record<
			string,
			readonly [
				before: readonly ReferenceFile[],
				after: readonly ReferenceFile[],
				sent: References | undefined,
			]
		>
	> = {
		"nothing of nothing": [[], [], undefined],
		"everything at first": [[], [a], [{ id: "a.ts", text: "one" }]],
		"nothing where nothing changed": [[a, b], [{ ...a }, b], undefined],
		"a changed text, and of others that they are there": [
			[a, b],
			[{ ...b, text: "2" }, a],
			[{ id: "b.ts", text: "2" }, { id: "a.ts" }],
		],
		"a new file": [[a], [b, a], [{ id: "b.ts", text: "two" }, { id: "a.ts" }]],
		"that a file is gone": [[a, b], [b], [{ id: "b.ts" }]],
		"that all are gone": [[a], [], []],
		"which is the most recent": [
			[a, b],
			[b, a],
			[{ id: "b.ts" }, { id: "a.ts" }],
		],
	};
	for (const [what, [before, after, sent]] of Object.entries(changes))
		it(`sends ${what}`, () => {
			let files = before;
			const { references, told } = setUp(() => files);
			references.update();
			told.length = 0;
			files = after;
			references.update();
			assert.deepEqual(told, sent ? [sent] : []);
		});

	it("sends everything at once to an engine that has just started", () => {
		const { references, told, start } = setUp(() => [a, b]);
		references.update();
		start();
		assert.equal(told.length, 2);
		assert.deepEqual(told[1], told[0]);
		references.update();
		assert.equal(told.length, 2);
	});

	it("counts nothing as sent while no engine is running", () => {
		const { references, told, engine } = setUp(() => [a]);
		engine.isThere = false;
		references.update();
		engine.isThere = true;
		references.update();
		assert.deepEqual(told, [[{ id: "a.ts", text: "one" }]]);
	});

	it("sends nothing after it is disposed", () => {
		const { references, told, start } = setUp(() => [a]);
		references.dispose();
		start();
		assert.deepEqual(told, []);
	});

	it("sends no file that may not be used, even if it was sent before", () => {
		let ignored = "out/";
		const store = new ContextStore((path) =>
			isContextFile(path, (it) => it.startsWith(ignored)),
		);
		const { references, told } = setUp(() => store.texts());
		for (const path of [
			".env",
			"config/secrets.yaml",
			"certs/server.key",
			".ssh/config",
			"out/built.ts",
			"node_modules/x/index.js",
			"package-lock.json",
		])
			store.open(path, "hidden");
		references.update();
		assert.deepEqual(told, []);
		store.open("src/a.ts", "shown");
		store.open("lib/b.ts", "shown too");
		references.update();
		assert.deepEqual(told.pop(), [
			{ id: "lib/b.ts", text: "shown too" },
			{ id: "src/a.ts", text: "shown" },
		]);
		ignored = "lib/";
		references.update();
		assert.deepEqual(told, [[{ id: "src/a.ts" }]]);
	});
});

describe("chooseTexts", () => {
	const lines = (chars: number) => "1234567\n".repeat(chars / 8);
	const file = (index: number, text: string): ReferenceFile => ({
		path: `${index}.ts`,
		text,
	});

	it("takes the most recent files", () => {
		const files = Array.from({ length: 20 }, (_, i) => file(i, "x"));
		assert.deepEqual(
			[...chooseTexts(files).keys()],
			files.slice(0, maxReferences).map(({ path }) => path),
		);
	});

	it("skips empty files", () => {
		assert.deepEqual(
			[...chooseTexts([file(1, ""), file(2, "x")])],
			[["2.ts", "x"]],
		);
	});

	for (const [what, text, expected] of [
		["all of what may be sent", lines(maxReferenceChars), maxReferenceChars],
		[
			"whole lines of more",
			`12${lines(maxReferenceChars)}`,
			maxReferenceChars - 6,
		],
		[
			"whole lines where one would end just behind it",
			`1${lines(maxReferenceChars)}`,
			maxReferenceChars - 7,
		],
		["what has no lines", "x".repeat(maxReferenceChars + 1), maxReferenceChars],
	] as const)
		it(`takes ${what}`, () => {
			const chosen = chooseTexts([file(1, text)]).get("1.ts");
			assert.equal(chosen?.length, expected);
			assert.ok(text.startsWith(chosen));
		});

	it("skips a file that does not fit, and takes smaller ones after it", () => {
		const long = lines(maxReferenceChars);
		const files = [
			file(0, "first"),
			...Array.from({ length: 9 }, (_, index) => file(index + 1, long)),
			file(10, "last"),
		];
		const chosen = chooseTexts(files);
		const chars = [...chosen.values()].reduce((sum, it) => sum + it.length, 0);
		assert.ok(chars <= maxReferenceCharsInAll);
		assert.deepEqual(
			[...chosen.keys()],
			[0, 1, 2, 3, 4, 5, 6, 7, 10].map((index) => `${index}.ts`),
		);
	});
});
