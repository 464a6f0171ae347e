import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
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
		assert.match(readFileSync(lock, "utf8"), RegExp(`^${process.pid} \\w+$`));
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

	it("is given to exactly one of those that find it abandoned", async () => {
		const { pid } = spawnSync(process.execPath, ["--version"]);
		for (const text of [String(pid), `${pid} 0123456789ab`, "", "torn"])
			for (let round = 0; round < 10; round++) {
				const lock = newLock();
				writeFileSync(lock, text);
				setAge(lock, 10_000);
				const taken = await Promise.all(
					Array.from({ length: 12 }, () => takeLock(lock)),
				);
				const [unlock, ...others] = taken.filter((it) => it !== undefined);
				assert.deepEqual(others, []);
				await unlock?.();
				// Whoever lost all its attempts can try again.
				assert.ok(await takeLock(lock));
				assert.deepEqual(readdirSync(path.dirname(lock)), ["a.lock"]);
			}
	});

	it("is free when the process that took it over has ended meanwhile", async () => {
		const lock = newLock();
		const { pid } = spawnSync(process.execPath, ["--version"]);
		const claims = ["0123456789ab", "ba9876543210", "001122334455"];
		let file = lock;
		for (const id of claims) {
			writeFileSync(file, `${pid} ${id}`);
			file += `.${id}`;
		}
		for (let claim = 0; claim < claims.length; claim++) await takeLock(lock);
		assert.ok(readFileSync(lock, "utf8").startsWith(`${process.pid} `));
	});

	it("is not taken from a process that lives and is claiming an abandoned one", async () => {
		const lock = newLock();
		const { pid } = spawnSync(process.execPath, ["--version"]);
		writeFileSync(lock, `${pid} 0123456789ab`);
		writeFileSync(`${lock}.0123456789ab`, `${process.ppid} ba9876543210`);
		assert.equal(await takeLock(lock), undefined);
		rmSync(`${lock}.0123456789ab`);
		assert.ok(await takeLock(lock));
	});

	it("is left alone by a former owner that stood still", async () => {
		const lock = newLock();
		const unlock = await takeLock(lock);
		setAge(lock, 3_600_000);
		await withLock(lock, async () => {
			await unlock?.();
			assert.ok(existsSync(lock), "the new owner's");
		});
		let isReplaced = false;
		await assert.rejects(
			withLock(lock, async ({ assertHeld }) => {
				assertHeld();
				setAge(lock, 3_600_000);
				await withLock(lock, async () => {});
				assertHeld();
				isReplaced = true;
			}),
			/taken over/,
		);
		assert.ok(!isReplaced);
		assert.ok(!existsSync(lock));
	});

	it("reads nothing through its name but a small file", async function () {
		if (process.platform === "win32") return this.skip();
		const { pid } = spawnSync(process.execPath, ["--version"]);
		for (const plant of [
			(file: string) => symlinkSync("/nowhere", file),
			(file: string) => symlinkSync(path.join(root, "other"), file),
			(file: string) => writeFileSync(file, " ".repeat(1e6)),
		]) {
			const lock = newLock();
			writeFileSync(path.join(root, "other"), String(pid));
			plant(lock);
			assert.equal(await takeLock(lock), undefined);
			assert.equal(readFileSync(path.join(root, "other"), "utf8"), String(pid));
		}
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
