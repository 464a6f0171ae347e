import assert from "node:assert/strict";
import { nullLog } from "../../../src/base/log.ts";
import { EngineClient } from "../../../src/client/engineClient.ts";
import { Supervisor } from "../../../src/client/supervisor.ts";
import { createError } from "../../../src/protocol/errors.ts";
import { user } from "../../support/fakes/drivenEngine.ts";
import { FakeClock } from "../../support/fakes/fakeClock.ts";
import { someStats } from "../../support/fakes/fakeEngine.ts";
import { FakeProcess } from "../../support/fakes/fakeProcess.ts";
import { fakeDescription, fakeLoad } from "../../support/fakes/fakeRuntime.ts";
import { plainLoadOptions } from "../../support/loadOptions.ts";
import { settle } from "../../support/settle.ts";

const counts = { fixedTokens: 3, turnTokens: [1], windowTokens: 4096 };
const turns = [user("q")];

async function setUp() {
	const process = new FakeProcess();
	const clock = new FakeClock();
	const supervisor = new Supervisor({
		fork: () => process,
		loadOptions: () => ({
			...plainLoadOptions,
		}),
		log: nullLog,
		setTimer: clock.setTimer,
	});
	const client = new EngineClient(supervisor);
	const ready = async () => {
		void supervisor.connect();
		process.hello();
		await settle();
		process.says({
			kind: "report",
			report: {
				kind: "ready",
				model: fakeDescription,
				budget: { localTokens: 1, contextTokens: 1, typedTokens: 1 },
				load: fakeLoad,
			},
		});
	};
	const loading = () =>
		process.says({
			kind: "report",
			report: { kind: "loading", file: "/models/b.gguf", fraction: 0 },
		});
	return { process, supervisor, client, ready, loading };
}

const lastId = (process: FakeProcess): string => {
	const last = process.sent.at(-1);
	assert.ok(last && "requestId" in last);
	return last.requestId;
};

describe("EngineClient.count", () => {
	it("starts no engine, and waits for no load", async () => {
		const { client, process, ready, loading } = await setUp();
		assert.equal(await client.count(turns), undefined);
		assert.equal(process.sent.length, 0);
		await ready();
		loading();
		assert.equal(await client.count(turns), undefined);
		assert.ok(!process.sent.some(({ kind }) => kind === "count"));
	});

	for (const [what, answer, expected] of [
		[
			"the figures",
			(requestId: string) => ({ kind: "counted", requestId, counts }) as const,
			{ ok: true, value: counts },
		],
		[
			"why there are none",
			(requestId: string) =>
				({
					kind: "failed",
					requestId,
					error: createError("chatUnsupported", { model: "M" }),
				}) as const,
			{ ok: false, error: createError("chatUnsupported", { model: "M" }) },
		],
		[
			"nothing where a load has begun",
			(requestId: string) =>
				({
					kind: "failed",
					requestId,
					error: createError("engineStopped", {}),
				}) as const,
			undefined,
		],
	] as const)
		it(`returns ${what}`, async () => {
			const { client, process, ready } = await setUp();
			await ready();
			const counted = client.count(turns);
			process.says(answer(lastId(process)));
			assert.deepEqual(await counted, expected);
		});

	it("settles when the process ends, or the client is disposed", async () => {
		const first = await setUp();
		await first.ready();
		const counted = first.client.count(turns);
		first.process.exit();
		assert.ok((await counted)?.ok === false);
		const second = await setUp();
		await second.ready();
		const left = second.client.count(turns);
		second.client.dispose();
		assert.equal(await left, undefined);
	});
});

describe("EngineClient.chat", () => {
	it("deletes a KV snapshot through a running engine, and starts none for it", async () => {
		const { client, process, ready } = await setUp();
		client.deleteState("/state");
		assert.deepEqual(process.sent, []);
		await ready();
		client.deleteState("/state");
		assert.deepEqual(process.sent.at(-1), {
			kind: "deleteState",
			stateFile: "/state",
		});
	});

	it("streams chunks, and does not count as a completion", async () => {
		const { client, process, ready } = await setUp();
		await ready();
		let completions = 0;
		client.onDidComplete(() => completions++);
		const chunks = client.chat(
			{
				turns,
				maxTokens: null,
				temperature: 0,
				seed: 1,
				reference: "",
				stateFile: null,
			},
			new AbortController().signal,
		);
		const first = chunks.next();
		await settle();
		const requestId = lastId(process);
		process.says({
			kind: "chunk",
			requestId,
			segment: "reasoning",
			text: "hm",
		});
		process.says({ kind: "chunk", requestId, segment: "text", text: "yes" });
		process.says({
			kind: "done",
			requestId,
			stopReason: "endOfText",
			stats: someStats,
		});
		assert.deepEqual(
			[await first, await chunks.next(), await chunks.next()],
			[
				{ done: false, value: { segment: "reasoning", text: "hm" } },
				{ done: false, value: { segment: "text", text: "yes" } },
				{
					done: true,
					value: { kind: "done", stopReason: "endOfText", stats: someStats },
				},
			],
		);
		assert.equal(completions, 0);
		assert.equal(client.requestCount, 0);
	});
});
