import assert from "node:assert/strict";
import { logTo } from "../../../../src/base/log.ts";
import {
	noOutcomes,
	withOutcome,
} from "../../../../src/completion/confidence/acceptance.ts";
import {
	emptyAcceptance,
	withCounts,
} from "../../../../src/protocol/completion/confidence.ts";
import { AcceptanceStore } from "../../../../src/vscode/completion/acceptanceStore.ts";
import { until } from "../../../support/until.ts";

function storage(stored?: unknown, failure?: Error) {
	let value = stored;
	const lines: string[] = [];
	const memento = {
		keys: () => [],
		get: () => value,
		async update(_: string, changed: unknown) {
			if (failure) throw failure;
			value = changed;
		},
	};
	const open = () =>
		new AcceptanceStore(
			// Its overloads take a default, which nobody asks for here.
			memento as unknown as ConstructorParameters<typeof AcceptanceStore>[0],
			logTo((level, message) => lines.push(`${level} ${message}`)),
		);
	return { open, lines, value: () => value };
}

const outcome = { probability: 0.4, isAccepted: true };
const record = withCounts(
	emptyAcceptance,
	"a model",
	withOutcome(noOutcomes, outcome),
);

describe("what was learned from suggestions", () => {
	it("is there in the next window", () => {
		const { open } = storage();
		const store = open();
		assert.deepEqual(store.get(), emptyAcceptance);
		store.set(record);
		assert.equal(store.get(), record);
		assert.deepEqual(open().get(), record);
	});

	for (const damaged of [
		"text",
		{ version: 2, models: [] },
		{ version: 1, models: [{ model: "a", counts: [] }] },
		{
			version: 1,
			models: [
				{
					model: "a",
					counts: noOutcomes.map(() => ({ shown: -1, accepted: 0 })),
				},
			],
		},
	])
		it(`is nothing where ${JSON.stringify(damaged).slice(0, 40)} is stored`, () =>
			assert.deepEqual(storage(damaged).open().get(), emptyAcceptance));

	it("stays for this window where it cannot be stored, which is logged once", async () => {
		const { open, lines } = storage(undefined, new Error("disk full"));
		const store = open();
		store.set(record);
		store.set(record);
		assert.equal(store.get(), record);
		await until("the log", () => lines.length > 0);
		assert.deepEqual(lines, [
			"warn what was learned from suggestions cannot be saved: disk full",
		]);
	});
});
