import assert from "node:assert/strict";
import { nullLog } from "../../../src/base/log.ts";
import { EngineClient } from "../../../src/client/engineClient.ts";
import { Supervisor } from "../../../src/client/supervisor.ts";
import { ReferenceSync } from "../../../src/completion/context/referenceSync.ts";
import { FakeClock } from "../../support/fakes/fakeClock.ts";
import { FakeProcess } from "../../support/fakes/fakeProcess.ts";
import { fakeDescription, fakeLoad } from "../../support/fakes/fakeRuntime.ts";
import { plainLoadOptions } from "../../support/loadOptions.ts";

/** As `extension.ts` wires it. */
function setUp() {
	const clock = new FakeClock();
	const processes: FakeProcess[] = [];
	const supervisor = new Supervisor({
		fork: () => {
			const process = new FakeProcess();
			processes.push(process);
			return process;
		},
		loadOptions: () => ({
			...plainLoadOptions,
		}),
		log: nullLog,
		now: clock.now,
		setTimer: clock.setTimer,
	});
	const client = new EngineClient(supervisor);
	const file = { path: "src/a.ts", text: "one" };
	const references = new ReferenceSync({
		engine: client,
		files: () => [file],
	});
	const told = (index: number) =>
		(processes[index]?.sent ?? []).flatMap((it) =>
			it.kind === "references" ? [it.references] : [],
		);
	/** The newest process listens, and is told what to load. */
	const sayHello = async (): Promise<void> => {
		processes.at(-1)?.hello();
		await new Promise((resolve) => setImmediate(resolve));
	};
	/** And has loaded it. */
	const becomeReady = async (): Promise<void> => {
		await sayHello();
		sayReady();
	};
	const sayReady = (): void =>
		processes.at(-1)?.says({
			kind: "report",
			report: {
				kind: "ready",
				model: fakeDescription,
				budget: { localTokens: 1, contextTokens: 0, typedTokens: 1 },
				load: fakeLoad,
			},
		});
	return {
		clock,
		supervisor,
		client,
		references,
		file,
		processes,
		told,
		sayHello,
		becomeReady,
		sayReady,
	};
}

const all = [{ id: "src/a.ts", text: "one" }];

describe("EngineClient.sendReferences", () => {
	it("starts no engine", () => {
		const { references, processes } = setUp();
		references.update();
		assert.equal(processes.length, 0);
	});

	it("sends once the engine is ready", async () => {
		const it = setUp();
		void it.supervisor.connect();
		it.references.update();
		assert.deepEqual(it.told(0), []);
		await it.becomeReady();
		assert.deepEqual(it.told(0), [all]);
		it.sayReady();
		it.references.update();
		assert.deepEqual(it.told(0), [all]);
	});

	it("sends again to the process after a crash", async () => {
		const it = setUp();
		void it.supervisor.connect();
		await it.becomeReady();
		it.processes[0]?.exit("signal SIGSEGV");
		it.references.update();
		it.clock.advance(500);
		await it.sayHello();
		it.file.text = "two";
		it.references.update();
		it.sayReady();
		assert.equal(it.processes.length, 2);
		assert.deepEqual(it.told(1), [[{ id: "src/a.ts", text: "two" }]]);
	});

	it("sends again to the process after a stop", async () => {
		const it = setUp();
		void it.supervisor.connect();
		await it.becomeReady();
		const stopped = it.supervisor.stop();
		it.processes[0]?.exit();
		await stopped;
		void it.supervisor.connect();
		await it.becomeReady();
		assert.deepEqual(it.told(1), [all]);
	});

	it("sends nothing after dispose", async () => {
		const it = setUp();
		it.client.dispose();
		void it.supervisor.connect();
		await it.becomeReady();
		assert.deepEqual(it.told(0), []);
	});
});
