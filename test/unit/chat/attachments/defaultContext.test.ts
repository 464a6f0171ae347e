import assert from "node:assert/strict";
import {
	defaultContextItems,
	linesText,
	type SelectedRange,
	type ShownFile,
	stillRemoved,
} from "../../../../src/chat/attachments/defaultContext.ts";

const range = (
	startLine: number,
	startCharacter: number,
	endLine: number,
	endCharacter: number,
): SelectedRange => ({ startLine, startCharacter, endLine, endCharacter });

const shown = (more: Partial<ShownFile> = {}): ShownFile => ({
	path: "src/a.ts",
	selection: null,
	canAttach: true,
	isHuge: false,
	...more,
});

const labels = (file: ShownFile | undefined) =>
	defaultContextItems(file).map(({ kind, label }) => `${kind} ${label}`);

describe("defaultContextItems", () => {
	const selection = range(2, 0, 4, 3);
	const cases: readonly (readonly [
		what: string,
		file: ShownFile | undefined,
		items: readonly string[],
	])[] = [
		["nothing without a file", undefined, []],
		["the file", shown(), ["file src/a.ts"]],
		[
			"the file, and what is selected in it",
			shown({ selection }),
			["file src/a.ts", "selection src/a.ts:3-5"],
		],
		["nothing of a secret", shown({ selection, canAttach: false }), []],
		["nothing of a huge file", shown({ isHuge: true }), []],
		[
			"what is selected of a huge file",
			shown({ isHuge: true, selection }),
			["selection src/a.ts:3-5"],
		],
	];
	for (const [what, file, items] of cases)
		it(`is ${what}`, () => {
			assert.deepEqual(labels(file), items);
		});

	it("distinguishes selections in one line", () => {
		const [first, second] = [range(2, 0, 2, 3), range(2, 4, 2, 7)].map(
			(selection) => defaultContextItems(shown({ selection })).at(-1),
		);
		assert.equal(first?.label, second?.label);
		assert.notEqual(first?.id, second?.id);
	});
});

describe("stillRemoved", () => {
	const items = (more?: Partial<ShownFile>) => defaultContextItems(shown(more));
	const idsOf = (more?: Partial<ShownFile>) => items(more).map(({ id }) => id);

	it("keeps an item removed while its file or selection is active", () => {
		const removed = new Set(idsOf());
		assert.deepEqual(stillRemoved(removed, items()), removed);
	});

	it("restores a removed file after another file was active", () => {
		const removed = new Set(idsOf());
		const later = stillRemoved(removed, items({ path: "src/b.ts" }));
		assert.equal(later.size, 0);
	});

	it("restores a removed selection after another selection, and keeps its file removed", () => {
		const first = range(0, 0, 1, 0);
		const removed = new Set(idsOf({ selection: first }));
		const later = stillRemoved(
			removed,
			items({ selection: range(5, 0, 6, 0) }),
		);
		assert.deepEqual([...later], ["file:src/a.ts"]);
	});
});

describe("linesText", () => {
	for (const [selected, text] of [
		[range(0, 0, 0, 5), "1"],
		[range(2, 3, 4, 1), "3-5"],
		[range(2, 0, 3, 0), "3"],
		[range(2, 0, 5, 0), "3-5"],
	] as const)
		it(`says ${text}`, () => {
			assert.equal(linesText(selected), text);
		});
});
