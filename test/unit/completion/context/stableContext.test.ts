import assert from "node:assert/strict";
import { countWords } from "../../../../src/completion/context/identifiers.ts";
import type { RankedCandidate } from "../../../../src/completion/context/ranking.ts";
import {
	charsOf,
	StableContext,
} from "../../../../src/completion/context/stableContext.ts";
import type { Snippet } from "../../../../src/protocol/generation.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

/** A candidate whose lines contain its name: no two are near-duplicates. */
function ranked(name: string, score: number): RankedCandidate {
	const text = `${name}First();\n${name}Second();`;
	return {
		path: `${name}.ts`,
		text,
		score,
		kind: "edited",
		sequence: 1,
		startLine: 0,
		endLine: 2,
		words: countWords(text),
	};
}

const local = { path: "here.ts", before: "here();\n", after: "", imports: "" };
const names = (snippets: readonly Snippet[] | undefined) =>
	snippets?.map(({ path }) => path.replace(".ts", "")).join(" ");
/** Each of `ranked("x", _)` takes 27 of them. */
const room = (count: number) => count * 27;

function contextWith(...present: string[]): StableContext {
	const context = new StableContext();
	context.accept(present.map((name) => ranked(name, 1)));
	return context;
}

describe("StableContext", () => {
	it("starts empty, and a proposal changes nothing", () => {
		const context = new StableContext();
		const proposal = {
			ranked: [ranked("a", 1)],
			local,
			budgetChars: 1000,
			isCurrent: () => true,
		};
		assert.equal(names(context.propose(proposal)), "a");
		assert.deepEqual(context.snippets, []);
		context.accept(context.propose(proposal) ?? []);
		assert.equal(names(context.snippets), "a");
		assert.equal(context.propose(proposal), undefined);
	});

	for (const [what, present, scores, expected] of [
		["nothing of nothing", "", {}, undefined],
		["the best last", "", { a: 3, b: 2, c: 1 }, "c b a"],
		["no more than fits", "", { a: 4, b: 3, c: 2, d: 2 }, "c b a"],
		["nothing that is far behind the best", "", { a: 8, b: 2, c: 1 }, "b a"],
		["what is new at the end", "a b", { a: 2, b: 2, c: 1 }, "a b c"],
		[
			"the present order, whatever the new one",
			"a b",
			{ b: 2, a: 1 },
			undefined,
		],
		[
			"the present list where it is full",
			"a b c",
			{ a: 1, b: 1, c: 1, d: 1.4 },
			undefined,
		],
		[
			"the present list, which counts also where it would not be chosen now",
			"a b c",
			{ d: 4, a: 0.9, b: 0.9, c: 0.9 },
			undefined,
		],
		[
			"a new list where that clearly pays",
			"a b c",
			{ d: 4, e: 3, a: 2 },
			"a e d",
		],
		["a new list where the present one is of no use", "a b c", { d: 1 }, "d"],
		["the present list where nothing is of use", "a b c", {}, undefined],
	] as const)
		it(`has ${what}`, () => {
			const context = contextWith(...present.split(" ").filter(Boolean));
			assert.equal(
				names(
					context.propose({
						ranked: Object.entries(scores).map(([name, score]) =>
							ranked(name, score),
						),
						local,
						budgetChars: room(3),
						isCurrent: () => true,
					}),
				),
				expected,
			);
		});

	for (const [what, change, expected] of [
		[
			"is no longer in its file",
			{ isCurrent: (it: Snippet) => it.path !== "b.ts" },
			"a",
		],
		[
			"is a near-duplicate of the text around the cursor",
			{ local: { ...local, before: "bFirst();\nbSecond();\n" } },
			"a",
		],
		["is of the document itself", { local: { ...local, path: "b.ts" } }, "a"],
		["has no room any more", { budgetChars: room(2) }, "a b"],
	] as const)
		it(`drops a snippet that ${what}, and all after it`, () =>
			assert.equal(
				names(
					contextWith("a", "b", "c").propose({
						ranked: [ranked("a", 1)],
						local,
						budgetChars: room(3),
						isCurrent: () => true,
						...change,
					}),
				),
				expected,
			));

	it("contains no text of the document itself", () =>
		assert.equal(
			new StableContext().propose({
				ranked: [{ ...ranked("x", 1), path: local.path }],
				local,
				budgetChars: 1000,
				isCurrent: () => true,
			}),
			undefined,
		));

	it("adds no near-duplicate of a snippet, and scores the snippet by it", () => {
		const grown = {
			...ranked("a", 2),
			text: `${ranked("a", 2).text}\nmore();`,
		};
		assert.equal(
			contextWith("a").propose({
				ranked: [grown],
				local,
				budgetChars: 1000,
				isCurrent: () => true,
			}),
			undefined,
		);
	});

	it("counts paths toward the budget", () => {
		const budgetChars = charsOf(ranked("a", 1));
		const propose = (budget: number) =>
			names(
				new StableContext().propose({
					ranked: [ranked("a", 1)],
					local,
					budgetChars: budget,
					isCurrent: () => true,
				}),
			);
		assert.equal(propose(budgetChars), "a");
		assert.equal(propose(budgetChars - 1), undefined);
	});

	it("grows at its end, drops an end, or is rebuilt for a clear gain, in 200 random sequences", () => {
		const seen = { grown: 0, cut: 0, rebuilt: 0, same: 0 };
		for (let seed = 0; seed < 200; seed++) {
			const random = seededRandom(seed);
			const context = new StableContext();
			let pool: RankedCandidate[] = [];
			const scores = new Map<string, number>();
			for (let step = 0; step < 20; step++) {
				for (let redrawn = random() * 6; redrawn >= 1; redrawn--)
					scores.set(`n${Math.floor(random() * 12)}`, random() ** 3 * 10);
				pool = [...scores]
					.map(([name, score]) => ranked(name, score))
					.sort((a, b) => b.score - a.score);
				const stale = random() < 0.1 ? context.snippets[1]?.path : undefined;
				const budgetChars = 150;
				const former = context.snippets;
				const next = context.propose({
					ranked: pool,
					local,
					budgetChars,
					isCurrent: ({ path }) => path !== stale,
				});
				if (!next) {
					seen.same++;
					assert.ok(!former.some(({ path }) => path === stale));
					continue;
				}
				const total = (list: readonly Snippet[]) =>
					list.reduce(
						(sum, { path }) => sum + (scores.get(path.replace(".ts", "")) ?? 0),
						0,
					);
				const good = former.slice(
					0,
					stale === undefined
						? former.length
						: former.findIndex(({ path }) => path === stale),
				);
				const startsAlike =
					JSON.stringify(next.slice(0, good.length)) === JSON.stringify(good);
				if (startsAlike) seen[good.length < former.length ? "cut" : "grown"]++;
				else {
					seen.rebuilt++;
					assert.ok(total(next) > 1.5 * total(good));
				}
				assert.equal(
					new Set(next.map(({ path }) => path)).size,
					next.length,
					"no snippet twice",
				);
				assert.ok(
					next.reduce((sum, it) => sum + charsOf(it), 0) <= budgetChars,
				);
				context.accept(next);
			}
		}
		for (const [what, count] of Object.entries(seen))
			assert.ok(count > 20, `${what}: ${count}`);
	});
});
