import assert from "node:assert/strict";
import path from "node:path";
import { english } from "../../../../src/base/sentence.ts";
import { rejectionText } from "../../../../src/memory/report/planText.ts";
import {
	type CatalogueEntry,
	readCatalogue,
} from "../../../../src/models/catalogue/catalogue.ts";
import {
	type Offer,
	rankCatalogue,
} from "../../../../src/models/choice/rankCatalogue.ts";
import type { Device } from "../../../../src/protocol/device.ts";

const file = path.resolve(
	import.meta.dirname,
	"../../../../media/catalogue.json",
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

describe("the ranking of the catalogue", () => {
	let entries: readonly CatalogueEntry[];
	before(async () => {
		const read = await readCatalogue(file);
		assert.ok(read.ok);
		entries = read.value;
	});

	const kinds = ["runs", "slow", "doesNotFit"];
	const rank = ({ outlook, recommendedFor }: Offer) =>
		recommendedFor.length > 0 ? -1 : kinds.indexOf(outlook.kind);

	for (const [name, devices] of Object.entries(machines)) {
		it(`on ${name} hold the catalogue once, the recommended first and what does not fit last`, () => {
			const offers = rankCatalogue(entries, devices);
			assert.equal(
				new Set(offers.map(({ entry }) => entry)).size,
				entries.length,
			);
			const ranks = offers.map(rank);
			assert.deepEqual(
				ranks,
				ranks.toSorted((a, b) => a - b),
			);
		});

		it(`on ${name} recommend only what runs, and for each role one at most`, () => {
			const offers = rankCatalogue(entries, devices);
			for (const role of ["completion", "chat"] as const) {
				const recommended = offers.filter(({ recommendedFor }) =>
					recommendedFor.includes(role),
				);
				assert.ok(recommended.length <= 1);
				for (const { outlook, entry } of recommended) {
					assert.equal(outlook.kind, "runs");
					assert.ok(entry.roles.includes(role));
				}
			}
		});
	}

	it("recommends larger models for larger machines", () => {
		const recommended = ["a card with 8 GB", "a card with 24 GB"].map(
			(name) => rankCatalogue(entries, machines[name] ?? [])[0],
		);
		const [small, large] = recommended.map((it) => it?.parameterCount ?? 0);
		assert.ok((small ?? 0) > 0 && (large ?? 0) > (small ?? 0));
	});

	it("say why something does not fit, with what it needs and what is free", () => {
		const offers = rankCatalogue(entries, [ram(4, 1)]);
		const refused = offers
			.map(({ outlook }) => outlook)
			.filter((it) => it.kind === "doesNotFit");
		assert.ok(refused.length > 3);
		for (const { rejection, role } of refused)
			assert.match(
				rejectionText(rejection, role, english),
				/^does not fit: RAM needs .+; free 1\.0 GB/,
			);
		assert.deepEqual(
			offers.slice(-refused.length).map(({ parameterCount }) => parameterCount),
			offers
				.slice(-refused.length)
				.map(({ parameterCount }) => parameterCount)
				.toSorted((a, b) => a - b),
			"what is nearest to fitting comes first",
		);
	});

	it("calls a model slow that fits but is not fast enough for any of its roles", () => {
		const slow = rankCatalogue(entries, [ram(64, 50)])
			.map(({ outlook }) => outlook)
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
		const large = rankCatalogue(entries, [
			card("NVIDIA GeForce RTX 4060", 8),
			ram(128, 120),
		])
			.filter(({ entry }) => entry.name.includes("32B"))
			.map(({ outlook }) => outlook.kind);
		assert.deepEqual(large, ["doesNotFit"]);
	});
});
