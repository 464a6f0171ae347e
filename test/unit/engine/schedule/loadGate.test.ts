import assert from "node:assert/strict";
import { LoadGate } from "../../../../src/engine/schedule/loadGate.ts";
import { Scheduler } from "../../../../src/engine/schedule/scheduler.ts";
import { settle } from "../../../support/settle.ts";

function setUp({ isBusy }: { readonly isBusy: boolean }) {
	const order: string[] = [];
	let stopped = (): void => {};
	const chats = {
		isBusy: () => isBusy,
		stopAll: () => {
			order.push("stop");
			return new Promise<void>((resolve) => {
				stopped = resolve;
			});
		},
	};
	const gate = new LoadGate(new Scheduler(), chats);
	const work = (name: string) => (): Promise<void> => {
		order.push(name);
		return Promise.resolve();
	};
	return { gate, order, work, stop: () => stopped() };
}

describe("LoadGate", () => {
	it("runs a load at once without chats", async () => {
		const { gate, order, work } = setUp({ isBusy: false });
		await gate.runWithoutChats(work("load"));
		assert.deepEqual(order, ["load"]);
	});

	it("stops chats before a load, and holds back later requests until then", async () => {
		const { gate, order, work, stop } = setUp({ isBusy: true });
		const load = gate.runWithoutChats(work("load"));
		const later = gate.run(work("later"));
		await settle();
		assert.deepEqual(order, ["stop"]);
		stop();
		await Promise.all([load, later]);
		assert.deepEqual(order, ["stop", "load", "later"]);
	});

	it("rethrows errors of the work, and keeps working", async () => {
		const { gate, order, work } = setUp({ isBusy: false });
		const failing = () => Promise.reject(new Error("no"));
		await assert.rejects(gate.runWithoutChats(failing), /^Error: no$/);
		await gate.run(work("next"));
		assert.deepEqual(order, ["next"]);
	});
});
