import assert from "node:assert/strict";
import path from "node:path";
import { english } from "../../../../src/base/sentence.ts";
import { rejectionText } from "../../../../src/memory/report/planText.ts";
import {
	type CatalogEntry,
	readCatalog,
} from "../../../../src/models/catalog/catalog.ts";
import {
	type RankedModel,
	rankCatalog,
} from "../../../../src/models/choice/rankCatalog.ts";
import type { Device } from "../../../../src/protocol/device.ts";

const file = path.resolve(
	import.meta.dirname,
	"../../../../media/catalog.json",
);
const gib = 2 ** 30;

const ram = (totalGib: number, freeGib: number): Device => ({
	id: "cpu",
	name: "RAM",
	kind: "cpu",
	totalBytes: totalGib * gib,
	freeBytes: freeGib * gib,
});

const card = (name: string, totalGib: number): Device => ({
	id: "cuda0",
	name,
	kind: "discrete",
	totalBytes: totalGib * gib,
	freeBytes: (totalGib - 0.5) * gib,
});

const machines: Readonly<Record<string, readonly Device[]>> = {
	"a netbook": [ram(4, 1)],
	"a notebook": [ram(16, 11)],
	"a card with 8 GB": [card("NVIDIA GeForce RTX 4060", 8), ram(32, 24)],
	"a card with 24 GB": [card("NVIDIA GeForce RTX 4090", 24), ram(64, 50)],
};

describe("the ranking of the catalog", () => {
	let entries: readonly CatalogEntry[];
	before(async () => {
		const read = await readCatalog(file);
		assert.ok(read.ok);
		entries = read.value;
	});

	const kinds = ["runs", "slow", "doesNotFit"];
	const rank = ({ fit, recommendedFor }: RankedModel) =>
		recommendedFor.length > 0 ? -1 : kinds.indexOf(fit.kind);

	for (const [name, devices] of Object.entries(machines)) {
		it(`on ${name}, has each model once, recommended ones first and those that do not fit last`, () => {
			const ranking = rankCatalog(entries, devices);
			assert.equal(
				new Set(ranking.map(({ entry }) => entry)).size,
				entries.length,
			);
			const ranks = ranking.map(rank);
			assert.deepEqual(
				ranks,
				ranks.toSorted((a, b) => a - b),
			);
		});

		it(`on ${name}, recommends only models that run, and at most one per role`, () => {
			const ranking = rankCatalog(entries, devices);
			for (const role of ["completion", "chat"] as const) {
				const recommended = ranking.filter(({ recommendedFor }) =>
					recommendedFor.includes(role),
				);
				assert.ok(recommended.length <= 1);
				for (const { fit, entry } of recommended) {
					assert.equal(fit.kind, "runs");
					assert.ok(entry.roles.includes(role));
				}
			}
		});
	}

	it("recommends larger models for larger machines", () => {
		const recommended = ["a card with 8 GB", "a card with 24 GB"].map(
			(name) => rankCatalog(entries, machines[name] ?? [])[0],
		);
		const [small, large] = recommended.map((it) => it?.parameterCount ?? 0);
		assert.ok((small ?? 0) > 0 && (large ?? 0) > (small ?? 0));
	});

	it("say why something does not fit, with what it needs and what is free", () => {
		const ranking = rankCatalog(entries, [ram(4, 1)]);
		const refused = ranking
			.map(({ fit }) => fit)
			.filter((it) => it.kind === "doesNotFit");
		assert.ok(refused.length > 3);
		for (const { rejection, role } of refused)
			assert.match(
				rejectionText(rejection, role, english),
				/^does not fit: RAM needs .+; free 1\.0 GB/,
			);
		assert.deepEqual(
			ranking
				.slice(-refused.length)
				.map(({ parameterCount }) => parameterCount),
			ranking
				.slice(-refused.length)
				.map(({ parameterCount }) => parameterCount)
				.toSorted((a, b) => a - b),
			"what is nearest to fitting comes first",
		);
	});

	it("calls a model slow that fits but is not fast enough for any of its roles", () => {
		const slow = rankCatalog(entries, [ram(64, 50)])
			.map(({ fit }) => fit)
			.filter((it) => it.kind === "slow");
		assert.ok(slow.length > 0);
		for (const { rejection, role, plan } of slow) {
			assert.ok(plan.fits);
			assert.match(
				rejectionText(rejection, role, english),
				/^is too slow: about \d+ tokens per second/,
			);
		}
	});

	it("rejects what does not fit on the GPU rather than running it slowly on the CPU", () => {
		const large = rankCatalog(entries, [
			card("NVIDIA GeForce RTX 4060", 8),
			ram(128, 120),
		])
			.filter(({ entry }) => entry.name.includes("32B"))
			.map(({ fit }) => fit.kind);
		assert.deepEqual(large, ["doesNotFit"]);
	});
});
