import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import {
	isAlive,
	RealEngine,
	root,
	untilGone,
} from "../support/models/realEngine.ts";

/** A process with an engine as its child; tests kill it. */
function startParent(): {
	child: ChildProcess;
	line: (pattern: RegExp) => Promise<string>;
} {
	const child = spawn(
		process.execPath,
		["--import", "tsx", path.join(root, "test/support/models/engineParent.ts")],
		{ cwd: root, stdio: ["ignore", "pipe", "inherit"] },
	);
	const lines: string[] = [];
	const waiting: { pattern: RegExp; resolve: (line: string) => void }[] = [];
	createInterface({ input: child.stdout }).on("line", (line) => {
		lines.push(line);
		for (const it of waiting) if (it.pattern.test(line)) it.resolve(line);
	});
	return {
		child,
		line: (pattern) => {
			const found = lines.find((line) => pattern.test(line));
			return found === undefined
				? new Promise((resolve) => waiting.push({ pattern, resolve }))
				: Promise.resolve(found);
		},
	};
}

function childrenOf(pid: number): number[] {
	const file = `/proc/${pid}/task/${pid}/children`;
	return existsSync(file)
		? readFileSync(file, "utf8").trim().split(" ").filter(Boolean).map(Number)
		: [];
}

describe("the engine process", () => {
	for (const [when, status] of [
		["while it loads", /^loading$/],
		["when it is ready", /^ready$/],
	] as const)
		it(`ends soon after its parent was killed ${when}, with all its children`, async () => {
			const { child, line } = startParent();
			const pid = Number(await line(/^\d+$/));
			await line(status);
			const family = [pid, ...childrenOf(pid)];
			assert.ok(family.every(isAlive));
			child.kill("SIGKILL");
			for (const member of family) await untilGone(member);
		});

	it("ends when it is stopped", async () => {
		const engine = new RealEngine();
		await engine.completeWhole({ prefixBlocks: ["a"], maxTokens: 2 });
		const { pid } = engine;
		assert.ok(isAlive(pid));
		await engine.stop();
		assert.ok(!isAlive(pid));
	});

	it("ends when it is stopped in the middle of its work", async () => {
		const engine = new RealEngine();
		const stream = engine.complete({
			prefixBlocks: ["const list = [1, 2, 3, 4, "],
			maxTokens: 400,
		});
		await stream.chunks.next();
		const { pid } = engine;
		const reading = engine.read(stream);
		await engine.stop();
		assert.ok(!isAlive(pid));
		const { end } = await reading;
		assert.ok(
			end.kind === "failed" ||
				(end.kind === "done" && end.stopReason === "cancelled"),
			JSON.stringify(end),
		);
	});

	it("is replaced when it stops answering, and a cancel does not wait for that", async () => {
		const engine = new RealEngine({
			...process.env,
			HEADROOM_ENGINE_SILENCE_MS: "3000",
		});
		const request = {
			prefixBlocks: ["const list = [1, 2, 3, 4, "],
			maxTokens: 400,
		};
		const cancellation = new AbortController();
		const kept = engine.complete(request);
		await kept.chunks.next();
		const dropped = engine.complete(request, cancellation.signal);
		const { pid } = engine;
		process.kill(pid, "SIGSTOP");
		const readings = [engine.read(kept), engine.read(dropped)] as const;
		cancellation.abort();
		assert.deepEqual((await readings[1]).end, { kind: "cancelled" });
		assert.ok(isAlive(pid), "it was not waited for");
		const { end } = await readings[0];
		assert.equal(end.kind === "failed" && end.error.code, "engineSilent");
		await untilGone(pid);
		const { text } = await engine.completeWhole({
			prefixBlocks: ["const list = [1, 2, 3, 4, "],
			maxTokens: 8,
		});
		assert.notEqual(text, "");
		assert.notEqual(engine.pid, pid);
		await engine.stop();
	});

	it("stays as it is while it is busy", async () => {
		const engine = new RealEngine({
			...process.env,
			HEADROOM_ENGINE_SILENCE_MS: "3000",
		});
		await engine.completeWhole({ prefixBlocks: ["a"], maxTokens: 2 });
		const { pid } = engine;
		await engine.completeWhole({
			prefixBlocks: ["total += value;\n".repeat(400)],
			maxTokens: 600,
		});
		assert.equal(engine.pid, pid);
		await engine.stop();
	});

	it("explains itself when started by hand", async () => {
		const child = spawn(process.execPath, [path.join(root, "dist/engine.mjs")]);
		let text = "";
		child.stderr.on("data", (data) => {
			text += data;
		});
		const code = await new Promise((resolve) => child.on("exit", resolve));
		assert.equal(code, 2);
		assert.match(text, /The extension starts it/);
	});
});
