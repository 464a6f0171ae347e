import assert from "node:assert/strict";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { logTo } from "../../../src/base/log.ts";
import {
	emptyRecord,
	MachineRecord,
	withDeviceMeasurement,
} from "../../../src/protocol/machineRecord.ts";
import {
	RecordStore,
	recordFileName,
} from "../../../src/storage/recordStore.ts";
import { FakeClock } from "../../support/fakes/fakeClock.ts";
import { settle } from "../../support/settle.ts";

/** As if the bandwidth of this device had been measured. */
const learn = (device: string) => (record: MachineRecord) =>
	withDeviceMeasurement(record, {
		device,
		bandwidthBytesPerSecond: 1e10,
		measuredAtMs: 1,
	});
const devicesOf = ({ devices }: MachineRecord) =>
	devices.map(({ device }) => device);

describe("RecordStore", () => {
	const root = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	after(() => rmSync(root, { recursive: true }));

	/** A store in a folder that is not there yet, with a clock that the test turns. */
	function setUp(
		folder = path.join(mkdtempSync(path.join(root, "f-")), "new"),
	) {
		const file = path.join(folder, recordFileName);
		const clock = new FakeClock();
		const lines: string[] = [];
		const log = logTo((level, message) => lines.push(`[${level}] ${message}`));
		const open = () =>
			new RecordStore({ folder, log, setTimer: clock.setTimer });
		const onDisk = () => devicesOf(MachineRecord.parse(JSON.parse(read())));
		const read = () => readFileSync(file, "utf8");
		return { folder, file, clock, lines, open, onDisk };
	}

	/** With a file that holds this text. */
	function withFile(text: string) {
		const it = setUp();
		mkdirSync(it.folder);
		writeFileSync(it.file, text);
		return it;
	}

	it("is empty, and logs nothing, where no file exists", async () => {
		const { open, folder, lines } = setUp();
		const store = open();
		await store.ready;
		await store.flush();
		store.dispose();
		assert.equal(store.current, emptyRecord);
		assert.deepEqual(lines, []);
		assert.ok(!existsSync(folder));
	});

	it("passes measurements on to the next window", async () => {
		const { open, folder } = setUp();
		const store = open();
		await store.ready;
		store.update(learn("a"));
		assert.deepEqual(devicesOf(store.current), ["a"]);
		await store.flush();
		const next = open();
		await next.ready;
		assert.deepEqual(next.current, store.current);
		assert.deepEqual(readdirSync(folder), [recordFileName]);
	});

	it("writes once for what is learned within a moment, and not for nothing", async () => {
		const { open, clock, onDisk, file } = setUp();
		const store = open();
		await store.ready;
		store.update(learn("a"));
		clock.advance(999);
		store.update(learn("b"));
		await settle();
		assert.ok(!existsSync(file));
		clock.advance(1);
		await store.flush();
		assert.deepEqual(onDisk(), ["a", "b"]);
		rmSync(file);
		store.update((record) => record);
		clock.advance(60_000);
		await store.flush();
		assert.ok(!existsSync(file));
	});

	it("writes again when updated during a write", async () => {
		const { open, clock, onDisk } = setUp();
		const store = open();
		await store.ready;
		store.update(learn("a"));
		clock.advance(1_000);
		store.update(learn("b"));
		await until(() => clock.pending > 0);
		assert.deepEqual(onDisk(), ["a"]);
		clock.advance(1_000);
		await until(() => onDisk().length === 2);
	});

	it("applies updates from before the file was read to its content", async () => {
		const { open, onDisk } = withFile(
			JSON.stringify(learn("old")(emptyRecord)),
		);
		const store = open();
		store.update(learn("new"));
		assert.deepEqual(devicesOf(store.current), ["new"]);
		await store.ready;
		assert.deepEqual(devicesOf(store.current), ["old", "new"]);
		await store.flush();
		assert.deepEqual(onDisk(), ["old", "new"]);
	});

	it("keeps the file when disposed of before it was read", async () => {
		const { open, onDisk } = withFile(
			JSON.stringify(learn("old")(emptyRecord)),
		);
		const store = open();
		store.update(learn("new"));
		store.dispose();
		await store.ready;
		await store.flush();
		assert.deepEqual(onDisk(), ["old"]);
	});

	const unusable: Readonly<Record<string, readonly [string, RegExp]>> = {
		"cut short": ['{"version":1,"dev', /JSON/],
		empty: ["", /JSON/],
		"of another version": ['{"version":2}', /another version/],
		"far too large": [" ".repeat(4 * 2 ** 20 + 1), /more than 4194304 bytes/],
	};
	for (const [what, [text, why]] of Object.entries(unusable))
		it(`is empty where the file is ${what}, says so in one line, and replaces it`, async () => {
			const { open, lines, onDisk } = withFile(text);
			const store = open();
			await store.ready;
			assert.equal(store.current, emptyRecord);
			assert.equal(lines.length, 1);
			assert.match(lines[0] ?? "", /^\[warn\] .*machine\.json cannot be used/);
			assert.match(lines[0] ?? "", why);
			store.update(learn("a"));
			await store.flush();
			assert.deepEqual(onDisk(), ["a"]);
			assert.equal(lines.length, 1);
		});

	it("writes pending updates when disposed of, even during a write", async () => {
		const { open, clock, onDisk, folder } = setUp();
		const store = open();
		await store.ready;
		store.update(learn("a"));
		clock.advance(1_000);
		store.update(learn("b"));
		store.dispose();
		assert.deepEqual(onDisk(), ["a", "b"]);
		await until(() => readdirSync(folder).length === 1);
		assert.deepEqual(onDisk(), ["a", "b"], "what it was writing is older");
		store.update(learn("c"));
		clock.advance(60_000);
		await store.flush();
		assert.deepEqual(onDisk(), ["a", "b"], "nothing after the end");
		assert.equal(clock.pending, 0);
	});

	it("never leaves a torn file when two windows write", async () => {
		const { open, onDisk, folder } = setUp();
		const stores = [open(), open()];
		await Promise.all(stores.map((it) => it.ready));
		const names = Array.from(
			{ length: 30 },
			(_, i) => `${i}${"x".repeat(900)}`,
		);
		for (const name of names) {
			const flushed = stores.map((it, i) => {
				it.update(learn(`${i} ${name}`));
				return it.flush();
			});
			await Promise.race(flushed);
			// Parsing it would throw.
			assert.ok(onDisk().length > 0);
			await Promise.all(flushed);
		}
		const [winner] = onDisk();
		assert.ok(onDisk().every((it) => it[0] === winner?.[0]));
		assert.equal(onDisk().length, names.length);
		assert.deepEqual(readdirSync(folder), [recordFileName]);
	});

	it("warns once when it cannot write, and continues in memory", async () => {
		const folder = path.join(mkdtempSync(path.join(root, "f-")), "file");
		writeFileSync(folder, "in its place");
		const { open, lines, clock } = setUp(folder);
		const store = open();
		await store.ready;
		lines.splice(0);
		for (const name of ["a", "b"]) {
			store.update(learn(name));
			clock.advance(1_000);
			await store.flush();
		}
		store.update(learn("c"));
		store.dispose();
		assert.deepEqual(devicesOf(store.current), ["a", "b", "c"]);
		assert.equal(lines.length, 1);
		assert.match(
			lines[0] ?? "",
			/^\[warn\] .*cannot be saved: (EEXIST|ENOTDIR)/,
		);
	});
});

async function until(test: () => boolean): Promise<void> {
	for (let turn = 0; !test(); turn++) {
		assert.ok(turn < 100_000, "it never comes");
		await settle();
	}
}
