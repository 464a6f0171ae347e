import assert from "node:assert/strict";
import {
	copyFileSync,
	cpSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import {
	builtInModel,
	RealEngine,
	untilGone,
} from "../support/models/realEngine.ts";
import { until } from "../support/until.ts";

/** Lines that no tokenizer merges, so that the file fills the prompt. */
const linesOfCode = (first: number, count: number): string =>
	Array.from(
		{ length: count },
		(_, i) => `export const value${first + i} = compute(${first + i});\n`,
	).join("");

const request = {
	prefixBlocks: [linesOfCode(0, 10), linesOfCode(10, 10)],
	typed: "export const ",
	suffix: `\n${linesOfCode(20, 6)}`,
	mayPersist: true,
};

describe("prompts that are saved on disk", () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(path.join(os.tmpdir(), "headroom-prompts-"));
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	const engine = (): RealEngine => {
		const it = new RealEngine();
		// Faster starts, of which there are many.
		it.speculation = "off";
		it.savedPrompts = { folder: path.join(folder, "kv"), workspace: "w" };
		return it;
	};
	/** The answer of a process that has just started, which then ends. */
	const afterStart = async (
		changes: Partial<typeof request> = {},
		change: (it: RealEngine) => void = () => {},
	) => {
		const it = engine();
		change(it);
		try {
			return await it.completeWhole({ ...request, ...changes });
		} finally {
			await it.stop();
		}
	};
	const snapshot = () => {
		const names = readdirSync(path.join(folder, "kv"));
		const name = names.find((it) => it.endsWith(".kv"));
		assert.ok(name, names.join());
		return path.join(folder, "kv", name);
	};

	/** What one process saved, copied for each test that changes it; and its answer. */
	const savedOnce = mkdtempSync(path.join(os.tmpdir(), "headroom-prompts-"));
	let savedText: string | undefined;
	after(() => rmSync(savedOnce, { recursive: true }));
	async function saved(): Promise<string> {
		const from = path.join(folder, "kv");
		if (savedText === undefined) {
			savedText = (await afterStart()).text;
			cpSync(from, savedOnce, { recursive: true, preserveTimestamps: true });
		} else
			cpSync(savedOnce, from, { recursive: true, preserveTimestamps: true });
		return savedText;
	}

	it("spare the next process their evaluation, and change no answer", async () => {
		const text = await saved();
		const second = await afterStart();
		assert.ok(second.stats.promptTokens > 200);
		assert.equal(second.stats.reusedTokens, second.stats.promptTokens - 1);
		assert.equal(second.text, text);
	});

	it("serve a file that has changed as far as it is the same", async () => {
		await saved();
		const changed = { typed: "export function value" };
		const { text, stats } = await afterStart(changed);
		assert.ok(
			stats.reusedTokens >= 0.95 * stats.promptTokens,
			`${stats.reusedTokens} of ${stats.promptTokens}`,
		);
		rmSync(path.join(folder, "kv"), { recursive: true });
		assert.equal((await afterStart(changed)).text, text);
	});

	it("are there after a crash that followed a pause", async () => {
		const crashing = engine();
		await crashing.completeWhole(request);
		await until("a saved prompt", () => {
			try {
				return readFileSync(`${snapshot()}.json`).length > 0;
			} catch {
				return false;
			}
		});
		const { pid } = crashing;
		process.kill(pid, "SIGKILL");
		await untilGone(pid);
		const { stats } = await crashing.completeWhole(request);
		await crashing.stop();
		assert.equal(stats.reusedTokens, stats.promptTokens - 1);
	});

	for (const [what, damage] of [
		["cut short", (file: string) => truncateSync(file, 10_000)],
		[
			"changed in the middle",
			(file: string) => {
				const bytes = readFileSync(file);
				bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 16);
				writeFileSync(file, bytes);
			},
		],
		["replaced", (file: string) => copyFileSync(builtInModel, file)],
	] as const)
		it(`harm nothing if they were ${what}, and are saved again`, async () => {
			const text = await saved();
			damage(snapshot());
			const damaged = await afterStart();
			assert.equal(damaged.stats.reusedTokens, 0);
			assert.equal(damaged.text, text);
			const { stats } = await afterStart();
			assert.equal(stats.reusedTokens, stats.promptTokens - 1);
		});

	it("are not read by another model", async () => {
		await saved();
		const other = path.join(folder, "other.gguf");
		copyFileSync(builtInModel, other);
		const { stats } = await afterStart({}, (it) => {
			it.modelFile = other;
		});
		assert.equal(stats.reusedTokens, 0);
	});

	it("are not made of files that must not be kept", async () => {
		await afterStart({ mayPersist: false });
		assert.equal((await afterStart()).stats.reusedTokens, 0);
	});
});
