import assert from "node:assert/strict";
import { Emitter } from "../../../src/base/event.ts";
import { stopWhenOff } from "../../../src/client/stopWhenOff.ts";
import type { EngineStatus } from "../../../src/protocol/engineStatus.ts";
import { fakeDescription, fakeLoad } from "../../support/fakes/fakeRuntime.ts";

const loaded = (kind: "ready" | "generating"): EngineStatus => ({
	kind,
	model: fakeDescription,
	budget: { localTokens: 1, contextTokens: 1, typedTokens: 1 },
	load: fakeLoad,
});

function setUp(status: EngineStatus) {
	const changed = new Emitter<void>();
	const statuses = new Emitter<EngineStatus>();
	let isOn = true;
	const supervisor = {
		status,
		stops: 0,
		onDidChangeStatus: statuses.event,
		stop: () => {
			supervisor.stops++;
			return Promise.resolve();
		},
	};
	stopWhenOff({ supervisor, isOn: () => isOn, onDidChange: changed.event });
	return {
		stops: () => supervisor.stops,
		turn: (on: boolean) => {
			isOn = on;
			changed.fire();
		},
		become: (next: EngineStatus) => {
			supervisor.status = next;
			statuses.fire(next);
		},
	};
}

describe("stopWhenOff", () => {
	it("stops the engine once when completions are turned off", () => {
		const it = setUp(loaded("ready"));
		it.turn(true);
		assert.equal(it.stops(), 0);
		it.turn(false);
		it.turn(false);
		assert.equal(it.stops(), 1);
		// An explicit request has started it again.
		it.become(loaded("ready"));
		assert.equal(it.stops(), 1);
	});

	it("waits for work that is in progress", () => {
		const it = setUp(loaded("generating"));
		it.turn(false);
		assert.equal(it.stops(), 0);
		it.become(loaded("ready"));
		assert.equal(it.stops(), 1);
	});

	it("leaves it running where they are turned on again meanwhile", () => {
		const it = setUp(loaded("generating"));
		it.turn(false);
		it.turn(true);
		it.become(loaded("ready"));
		assert.equal(it.stops(), 0);
	});

	it("starts and stops nothing that does not run", () => {
		const it = setUp({ kind: "stopped" });
		it.turn(false);
		assert.equal(it.stops(), 0);
	});
});
