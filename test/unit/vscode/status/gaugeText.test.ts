import assert from "node:assert/strict";
import { english as t } from "../../../../src/base/sentence.ts";
import { gaugeOf } from "../../../../src/memory/report/gauge.ts";
import type {
	EngineStatus,
	HeldMemory,
	LoadReport,
} from "../../../../src/protocol/engineStatus.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import type { ModelDescription } from "../../../../src/protocol/model.ts";
import {
	escapeMarkdown,
	type GaugeView,
	gaugeLabel,
	gaugeText,
	gaugeTooltip,
} from "../../../../src/vscode/status/gaugeText.ts";
import {
	fakeDescription,
	fakeLoad,
} from "../../../support/fakes/fakeRuntime.ts";
import { assertGolden } from "../../../support/golden/golden.ts";

const gib = 2 ** 30;

const gpu: HeldMemory = {
	device: "NVIDIA GeForce RTX 4060",
	kind: "discrete",
	weights: 4.2 * gib,
	kvCache: 0.3 * gib,
	buffers: 0.1 * gib,
	draft: 0.2 * gib,
	freeBytes: 2.8 * gib,
	totalBytes: 8 * gib,
};
const ram: HeldMemory = {
	device: "AMD Ryzen 7",
	kind: "cpu",
	weights: 0.25 * gib,
	kvCache: 0,
	buffers: 0,
	draft: 0,
	freeBytes: 20 * gib,
	totalBytes: 32 * gib,
};
const model: ModelDescription = {
	...fakeDescription,
	name: "Qwen2.5-Coder 7B",
	quantization: "Q4_K_M",
	fileBytes: 4.4 * gib,
};

function loaded(
	load: Partial<LoadReport> = {},
	changes: { kind?: "generating"; name?: string } = {},
): EngineStatus {
	return {
		kind: changes.kind ?? "ready",
		model: { ...model, name: changes.name ?? model.name },
		budget: { localTokens: 256, contextTokens: 0, typedTokens: 256 },
		load: { ...fakeLoad, memory: [gpu, ram], ...load },
	};
}

function view(
	status: EngineStatus,
	changes: Partial<Pick<GaugeView, "suppression" | "counters">> = {},
): GaugeView {
	const { suppression, counters } = changes;
	return {
		gauge: gaugeOf({
			status,
			devices: [],
			isPaused: suppression !== undefined,
		}),
		status,
		counters: counters ?? {
			tokensPerSecond: undefined,
			reusedShare: undefined,
			speculation: undefined,
		},
		suppression,
	};
}

const readyStatus = loaded();
assert.ok(readyStatus.kind === "ready");
const ownChat = { state: "unloaded", file: "/models/talks.gguf" } as const;
const talks: ModelDescription = {
	...model,
	name: "Qwen2.5 3B Instruct",
	file: ownChat.file,
	fileBytes: 1.9 * gib,
};
const chatLoad: LoadReport = {
	...fakeLoad,
	decodeTokensPerSecond: 71.6,
	loadMs: 2100,
	memory: [{ ...gpu, weights: 1.8 * gib, draft: 0, freeBytes: 0.7 * gib }],
};

const snoozed: GaugeView["suppression"] = {
	reason: { kind: "snoozed" },
	sentence: "Completions are snoozed until 10:15.",
};
const warning = createError("modelSpills", {
	bytes: "1.2 GB",
	model: "Qwen2.5-Coder 7B",
	device: "NVIDIA GeForce RTX 4060",
});
const crash = createError("engineCrashed", { why: "signal SIGSEGV" });

const views: Readonly<Record<string, GaugeView>> = {
	stopped: view({ kind: "stopped" }),
	"stopped, snoozed": view({ kind: "stopped" }, { suppression: snoozed }),
	starting: view({ kind: "starting" }),
	loading: view({ kind: "loading", file: "/models/a_b.gguf", fraction: 0.4 }),
	"warming up": view({ kind: "warmingUp", model }),
	ready: view(loaded(), {
		counters: {
			tokensPerSecond: 61.4,
			reusedShare: 0.934,
			speculation: undefined,
		},
	}),
	"ready, speculating without a gain": view(loaded(), {
		counters: {
			tokensPerSecond: 98.2,
			reusedShare: 0.934,
			speculation: { acceptedShare: 0.3, tokensPerStep: 1.3, gain: 0.97 },
		},
	}),
	"ready, speculating": view(loaded({ draft: "Qwen2.5-Coder 0.5B" }), {
		counters: {
			tokensPerSecond: 98.2,
			reusedShare: 0.934,
			speculation: { acceptedShare: 0.78, tokensPerStep: 2.44, gain: 1.62 },
		},
	}),
	generating: view(loaded({}, { kind: "generating" })),
	"ready, snoozed": view(loaded(), { suppression: snoozed }),
	"ready, off for a language": view(loaded(), {
		suppression: {
			reason: { kind: "languageOff", languageId: "markdown" },
			sentence: "Completions are off for markdown.",
		},
	}),
	pressure: view(loaded({ memory: [{ ...gpu, freeBytes: gib / 4 }, ram] })),
	spill: view(loaded({ warning })),
	"integrated GPU": view(
		loaded({
			memory: [
				{ ...gpu, device: "Intel Iris", kind: "integrated", draft: 0 },
				ram,
			],
			kvType: "q8_0",
		}),
	),
	"unified memory": view(
		loaded({ memory: [{ ...gpu, device: "Apple M3", kind: "unified" }] }),
	),
	"not planned": view(loaded({ memory: [] })),
	"ready, own chat model, not loaded": view({ ...readyStatus, chat: ownChat }),
	"loading the chat's model": view({
		...readyStatus,
		chat: { ...ownChat, state: "loading", fraction: 0.3 },
	}),
	"both models": view({
		...readyStatus,
		chat: { ...ownChat, state: "generating", model: talks, load: chatLoad },
	}),
	"the chat's model in the place of the other": view({
		...readyStatus,
		isAway: true,
		chat: { ...ownChat, state: "ready", model: talks, load: chatLoad },
	}),
	"the chat's model failed": view({
		...readyStatus,
		chat: {
			...ownChat,
			state: "failed",
			error: createError("modelMissing", { file: ownChat.file }),
		},
	}),
	failed: view({
		kind: "failed",
		error: createError("modelMissing", { file: "/models/a_b.gguf" }),
	}),
	crashed: view({ kind: "crashed", error: crash, restartInMs: 500 }),
	"crashed for good": view({
		kind: "crashed",
		error: crash,
		restartInMs: null,
	}),
};

describe("the memory gauge in words", () => {
	it("matches the golden text", () => {
		assertGolden(
			"gauge",
			Object.entries(views)
				.map(([name, it]) =>
					[
						`=== ${name}`,
						gaugeText(it, t),
						"",
						gaugeLabel(it, t),
						"",
						gaugeTooltip(it, t),
						"",
					].join("\n"),
				)
				.join("\n"),
		);
	});

	for (const [name, it_] of Object.entries(views))
		it(`says in the label what the icon and the table say: ${name}`, () => {
			const label = gaugeLabel(it_, t);
			assert.match(label, /^Headroom: [^.]+\. .+\.$/);
			assert.doesNotMatch(label, /\$\(|\\|\||undefined|NaN/);
			for (const memory of it_.gauge.memories)
				for (const device of memory.devices.slice(0, 1))
					if (memory.kind !== "cpu") assert.ok(label.includes(device));
		});

	it("has a table for each memory whose lines add up to the total", () => {
		for (const it of Object.values(views)) {
			const tables = gaugeTooltip(it, t)
				.split("\n\n")
				.filter((block) => block.includes("MB |"));
			assert.equal(tables.length, it.gauge.memories.length);
			for (const table of tables) {
				const numbers = [...table.matchAll(/\| (\d+) \|$/gm)].map((row) =>
					Number(row[1]),
				);
				const total = numbers.pop();
				assert.ok(numbers.length > 0);
				assert.equal(
					numbers.reduce((sum, value) => sum + value, 0),
					total,
				);
			}
		}
	});

	it("shows speculative decoding if tokens were drafted, and the draft model if there is one", () => {
		const of = (name: string) => gaugeLabel(views[name] ?? view(loaded()), t);
		assert.match(
			of("ready, speculating"),
			/\. Draft model: Qwen2\.5-Coder 0\.5B\. Speculative decoding: 1\.6 × faster, 78 % accepted, 2\.4 tokens per step\. /,
		);
		assert.doesNotMatch(of("ready"), /Draft model:|Speculative/);
		assert.doesNotMatch(of("ready, speculating without a gain"), /Speculative/);
	});

	it("escapes markup in names", () => {
		const name = "![x](http://a.b/c.png)\n<img src=x> | `y` [z](command:d)";
		const tooltip = gaugeTooltip(
			view(loaded({ draft: `${name} draft` }, { name })),
			t,
		);
		assert.ok(tooltip.includes(escapeMarkdown(name)));
		assert.ok(tooltip.includes(escapeMarkdown(`${name} draft`)));
		assert.doesNotMatch(tooltip, /(?<!\\)[[\]<>!`]/);
		assert.equal(escapeMarkdown("a|b\nc"), "a\\|b c");
	});
});
