import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
	isDischarging,
	PowerSource,
	readSupplies,
	tellsBattery,
} from "../../../src/client/powerSource.ts";
import { settle } from "../../support/settle.ts";

describe("PowerSource", () => {
	it("never waits, and reads at most once an interval", async () => {
		let nowMs = 0;
		let reads = 0;
		const source = new PowerSource(
			() => Promise.resolve(++reads < 3),
			() => nowMs,
			60_000,
		);
		assert.equal(source.isOnBattery, false, "nothing is known yet");
		await settle();
		assert.equal(source.isOnBattery, true);
		nowMs = 59_999;
		assert.equal(source.isOnBattery, true);
		assert.equal(reads, 1);
		nowMs = 120_001;
		for (let asked = 0; asked < 3; asked++) assert.ok(source.isOnBattery);
		nowMs = 240_000;
		assert.ok(source.isOnBattery);
		await settle();
		assert.deepEqual([source.isOnBattery, reads], [false, 3]);
	});

	it("takes a system that tells nothing for one on mains power", async () => {
		const source = new PowerSource(() => Promise.reject(new Error("no")));
		assert.equal(source.isOnBattery, false);
		await settle();
		assert.equal(source.isOnBattery, false);
	});
});

describe("the power source", () => {
	let folder = "";
	beforeEach(() => {
		folder = mkdtempSync(path.join(os.tmpdir(), "headroom-power-"));
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	const battery = { type: "Battery", status: "Discharging" };
	for (const [what, supplies, expected] of [
		["a desktop", {}, false],
		[
			"a notebook on battery",
			{ BAT0: battery, AC: { type: "Mains", online: "0" } },
			true,
		],
		[
			"a notebook that is plugged in",
			{
				BAT0: { ...battery, status: "Charging" },
				AC: { type: "Mains", online: "1" },
			},
			false,
		],
		[
			"a notebook on a weak charger",
			{ BAT0: battery, "ucsi-0": { type: "USB", online: "1" } },
			false,
		],
		["a mouse", { hidpp: { ...battery, scope: "Device" } }, false],
	] as const)
		it(`of ${what} on Linux is ${expected ? "its battery" : "the mains"}`, async () => {
			for (const [name, files] of Object.entries(supplies)) {
				mkdirSync(path.join(folder, name));
				for (const [file, text] of Object.entries(files))
					writeFileSync(path.join(folder, name, file), `${text}\n`);
			}
			assert.equal(await readSupplies(folder), expected);
		});

	it("is told by macOS in a sentence", () => {
		assert.ok(
			tellsBattery(
				"Now drawing from 'Battery Power'\n -InternalBattery-0 (id=1)\t81%;",
			),
		);
		assert.ok(
			!tellsBattery(
				"Now drawing from 'AC Power'\n -InternalBattery-0 (id=1)\t81%;",
			),
		);
	});

	it("is told by Windows as a number, and not at all without a battery", () => {
		assert.ok(isDischarging("1\r\n"));
		assert.ok(isDischarging("2\r\n1\r\n"));
		assert.ok(!isDischarging("2\r\n"));
		assert.ok(!isDischarging(""));
	});
});
