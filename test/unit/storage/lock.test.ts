import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
	existsSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { takeLock, withLock } from "../../../src/storage/lock.ts";

describe("a lock", () => {
	const root = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	after(() => rmSync(root, { recursive: true }));

	const newLock = () => path.join(mkdtempSync(path.join(root, "f-")), "a.lock");
	const setAge = (file: string, ageMs: number) => {
		const then = (Date.now() - ageMs) / 1000;
		utimesSync(file, then, then);
	};

	it("is held by one at a time", async () => {
		const lock = newLock();
		const unlock = await takeLock(lock);
		assert.ok(unlock);
		assert.equal(readFileSync(lock, "utf8"), String(process.pid));
		assert.equal(await takeLock(lock), undefined);
		await unlock();
		assert.ok(!existsSync(lock));
		assert.ok(await takeLock(lock));
	});

	it("is free when its process has ended", async () => {
		const lock = newLock();
		const { pid } = spawnSync(process.execPath, ["--version"]);
		writeFileSync(lock, String(pid));
		assert.ok(await takeLock(lock));
	});

	it("is free without a process only when it is old", async () => {
		const lock = newLock();
		writeFileSync(lock, "");
		assert.equal(await takeLock(lock), undefined);
		setAge(lock, 10_000);
		assert.ok(await takeLock(lock));
	});

	it("outlasts any age for long work, and only that", async () => {
		const lock = newLock();
		writeFileSync(lock, String(process.pid));
		setAge(lock, 3_600_000);
		assert.equal(await takeLock(lock), undefined);
		assert.equal(await withLock(lock, async () => "done"), "done");
		assert.ok(!existsSync(lock));
	});

	it("lets brief work run one after the other, whatever fails", async () => {
		const lock = newLock();
		let running = 0;
		const outcomes = await Promise.allSettled(
			Array.from({ length: 6 }, async (_, index) => {
				for (let round = 0; round < 20; round++)
					await withLock(lock, async () => {
						assert.equal(++running, 1, "nobody else holds the lock");
						await new Promise((resolve) => setImmediate(resolve));
						running--;
					});
				await withLock(lock, async () => {
					if (index % 2) throw new Error("failed");
				});
			}),
		);
		assert.deepEqual(
			outcomes.map(({ status }) => status),
			[
				"fulfilled",
				"rejected",
				"fulfilled",
				"rejected",
				"fulfilled",
				"rejected",
			],
		);
		assert.ok(!existsSync(lock));
	});
});
