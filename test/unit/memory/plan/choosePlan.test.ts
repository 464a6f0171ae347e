import assert from "node:assert/strict";
import { english } from "../../../../src/base/sentence.ts";
import {
	type Candidate,
	type Choice,
	choosePlan,
} from "../../../../src/memory/plan/choosePlan.ts";
import { type Plan, partialOffload } from "../../../../src/memory/plan/plan.ts";
import type { NamedModel } from "../../../../src/memory/plan/planRequest.ts";
import {
	choiceText,
	modelText,
	planText,
	refusalText,
	rejectionText,
	speedText,
} from "../../../../src/memory/report/planText.ts";
import {
	type Mix,
	shapeInMix,
} from "../../../../src/memory/shape/quantization.ts";
import type { Device, DeviceKind } from "../../../../src/protocol/device.ts";
import type { Role } from "../../../../src/protocol/model.ts";
import { assertGolden } from "../../../support/golden/golden.ts";
import {
	type PublishedName,
	publishedModels,
} from "../../../support/models/publishedModels.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

const gib = 2 ** 30;

function named(name: PublishedName, quantization: Mix): NamedModel {
	return {
		name,
		quantization,
		shape: shapeInMix(publishedModels[name], quantization),
	};
}

const draft = named("Qwen2.5-Coder-0.5B", "Q8_0");

function candidates(
	name: PublishedName,
	mixes: readonly Mix[],
	roles: readonly Role[],
	withDraft: boolean,
): readonly Candidate[] {
	return mixes.map((mix) => ({
		...named(name, mix),
		roles,
		...(withDraft && { draft }),
	}));
}

/** What a well stocked disk has. */
const installed: readonly Candidate[] = [
	...candidates("Qwen2.5-Coder-0.5B", ["Q8_0"], ["completion"], false),
	...candidates(
		"Qwen2.5-Coder-1.5B",
		["Q4_K_M", "Q8_0"],
		["completion"],
		false,
	),
	...candidates(
		"Qwen2.5-Coder-3B",
		["Q4_K_M", "Q8_0"],
		["completion", "chat"],
		true,
	),
	...candidates(
		"Qwen2.5-Coder-7B",
		["Q4_K_M", "Q6_K", "Q8_0"],
		["completion", "chat"],
		true,
	),
	...candidates("Llama-3-8B", ["Q4_K_M"], ["chat"], false),
	...candidates(
		"Qwen2.5-Coder-14B",
		["Q4_K_M", "Q6_K"],
		["completion", "chat"],
		true,
	),
	...candidates(
		"Qwen3-Coder-30B-A3B",
		["Q4_K_M"],
		["completion", "chat"],
		false,
	),
	...candidates("Qwen2.5-Coder-32B", ["Q4_K_M"], ["completion", "chat"], true),
];

function device(
	kind: DeviceKind,
	name: string,
	totalGib: number,
	freeGib: number,
	more: Partial<Device> = {},
): Device {
	return {
		id: name,
		name,
		kind,
		totalBytes: totalGib * gib,
		freeBytes: freeGib * gib,
		...more,
	};
}

/** A card beside a desktop that holds 0.6 GB of it. */
const card = (name: string, totalGib: number): Device =>
	device("discrete", name, totalGib, totalGib - 0.6);
const ram = (totalGib: number, freeGib: number): Device =>
	device("cpu", "RAM", totalGib, freeGib);

const machines: Readonly<Record<string, readonly Device[]>> = {
	"4 GB": [card("NVIDIA GeForce GTX 1650", 4), ram(16, 9)],
	"6 GB": [card("NVIDIA GeForce RTX 2060", 6), ram(16, 9)],
	"8 GB": [card("NVIDIA GeForce RTX 4060", 8), ram(16, 9)],
	"12 GB": [card("NVIDIA GeForce RTX 3060", 12), ram(32, 20)],
	"16 GB": [card("NVIDIA GeForce RTX 4080", 16), ram(32, 20)],
	"24 GB": [card("NVIDIA GeForce RTX 4090", 24), ram(64, 48)],
	"24 GB, AMD": [card("AMD Radeon RX 7900 XTX (RADV NAVI31)", 24), ram(64, 48)],
	"32 GB": [card("NVIDIA GeForce RTX 5090", 32), ram(64, 48)],
	"2 x 24 GB": [
		device("discrete", "NVIDIA GeForce RTX 3090", 24, 23.4, { id: "0" }),
		device("discrete", "NVIDIA GeForce RTX 3090", 24, 23.9, { id: "1" }),
		ram(64, 48),
	],
	"8 GB that other programs fill": [
		device("discrete", "NVIDIA GeForce RTX 4060", 8, 2.2),
		ram(16, 9),
	],
	"8 GB, driver does not report usage": [
		device("discrete", "NVIDIA GeForce RTX 4060", 8, 8),
		ram(16, 9),
	],
	"unknown 8 GB laptop GPU with an integrated one": [
		device("integrated", "AMD Radeon 780M Graphics (RADV PHOENIX)", 8, 8),
		device("discrete", "NVIDIA GeForce RTX 4070 Laptop GPU", 8, 7.6),
		ram(32, 22),
	],
	"integrated GPU, 32 GB of RAM": [
		device("integrated", "AMD Radeon 780M Graphics (RADV PHOENIX)", 4, 4),
		ram(32, 22),
	],
	"16 GB unified": [device("unified", "Apple M2", 16, 10)],
	"36 GB unified": [device("unified", "Apple M3 Max", 36, 28)],
	"64 GB unified": [device("unified", "Apple M4 Max", 64, 54)],
	"no GPU, 32 GB of RAM": [
		device("cpu", "RAM", 32, 24, { bandwidthBytesPerSecond: 89.6e9 }),
	],
	"no GPU, 8 GB of RAM": [ram(8, 3)],
	"no GPU, 4 GB of RAM, nearly full": [ram(4, 1)],
};

function golden(): string {
	return Object.entries(machines)
		.flatMap(([name, devices]) => [
			`# ${name}`,
			"",
			...(["completion", "chat"] as const).flatMap((role) => {
				const choice = choosePlan({ role, candidates: installed, devices });
				return [
					`${role}:`,
					...choiceText(choice, english).map((line) => `  ${line}`),
					...insisting(choice).map((line) => `  ${line}`),
					"",
				];
			}),
		])
		.join("\n")
		.trimEnd();
}

/** What the smallest model that does not fit would be, for who insists on it. */
function insisting(choice: Choice): readonly string[] {
	const next = choice.passedOver
		.flatMap(({ rejection }) =>
			rejection.kind === "doesNotFit" ? [rejection.plan] : [],
		)
		.at(-1);
	const partly = next && partialOffload(next.request);
	if (!next || !partly || partly.request.placement.gpus.length === 0) return [];
	const { model, offloadedLayers } = partly.request;
	return [
		`${modelText(model)} is refused: ${refusalText(next, undefined, english)}`,
		`with partial offload: ${offloadedLayers} of ${model.shape.layers.length + 1} layers on the GPU, ${speedText(partly, english)}`,
	];
}

describe("choosePlan", () => {
	it("chooses, and says why", () => assertGolden("choices", golden()));

	it("does not depend on the order of models and devices", () => {
		for (const devices of Object.values(machines))
			for (const role of ["completion", "chat"] as const) {
				const choices = [
					{ candidates: installed, devices },
					{
						candidates: installed.toReversed(),
						devices: devices.toReversed(),
					},
				].map((it) => choiceText(choosePlan({ role, ...it }), english));
				assert.deepEqual(choices[0], choices[1]);
			}
	});

	it("gives every candidate exactly one verdict", () => {
		for (const devices of Object.values(machines)) {
			const choice = choosePlan({
				role: "completion",
				candidates: installed,
				devices,
			});
			assert.equal(
				choice.passedOver.length + (choice.kind === "chosen" ? 1 : 0),
				installed.length,
			);
		}
	});

	it("gives up the draft, context, precision of the cache and of the weights in this order", () => {
		const models = candidates(
			"Qwen2.5-Coder-14B",
			["Q4_K_M", "Q6_K"],
			["chat"],
			true,
		);
		const seen: string[] = [];
		for (let free = 30; free > 9; free -= 0.05) {
			const choice = choosePlan({
				role: "chat",
				candidates: models,
				devices: [
					device("discrete", "NVIDIA GeForce RTX 4090", 40, free),
					ram(64, 48),
				],
			});
			const what = summary(choice);
			if (seen.at(-1) !== what) seen.push(what);
		}
		// A draft only ever gets what a longer context would not fit into.
		assert.deepEqual(seen, [
			"Q6_K 16384 f16 draft",
			"Q6_K 16384 f16",
			"Q6_K 12288 f16 draft",
			"Q6_K 12288 f16",
			"Q6_K 8192 f16 draft",
			"Q6_K 8192 f16",
			"Q6_K 6144 f16",
			"Q6_K 4096 f16",
			"Q6_K 6144 q8_0",
			"Q6_K 4096 q8_0",
			"Q4_K_M 16384 f16",
			"Q4_K_M 12288 f16 draft",
			"Q4_K_M 12288 f16",
			"Q4_K_M 8192 f16 draft",
			"Q4_K_M 8192 f16",
			"Q4_K_M 6144 f16",
			"Q4_K_M 4096 f16",
			"Q4_K_M 6144 q8_0",
			"Q4_K_M 4096 q8_0",
			"nothing",
		]);
	});

	it("takes a larger model the faster the memory is, and the smallest rather than none on a slow machine", () => {
		const chosen = [14, 16, 20, 30, 50, 80, 120, 200].map((gigabytes) => {
			const choice = choosePlan({
				role: "completion",
				candidates: installed.filter(({ name }) => !name.includes("A3B")),
				devices: [{ ...ram(64, 48), bandwidthBytesPerSecond: gigabytes * 1e9 }],
			});
			const { request, atFullWindow } = chosenPlan(choice);
			return { request, speed: atFullWindow.tokensPerSecond };
		});
		const [slowest] = chosen;
		assert.equal(slowest?.request.model.name, "Qwen2.5-Coder-0.5B");
		assert.ok(slowest.speed < 24, `${slowest.speed}`);
		const sizes = chosen.map(
			({ request: { model } }) => model.shape.parameterCount,
		);
		assert.deepEqual(
			sizes,
			sizes.toSorted((a, b) => a - b),
		);
		assert.ok(new Set(sizes).size > 3);
	});

	it("passes over what is slower than it is better, and says so", () => {
		const passedOver = [30, 34, 38, 42].flatMap((gigabytes) => {
			const choice = choosePlan({
				role: "completion",
				candidates: installed,
				devices: [{ ...ram(64, 48), bandwidthBytesPerSecond: gigabytes * 1e9 }],
			});
			const { request, atFullWindow } = chosenPlan(choice);
			return choice.passedOver.flatMap(({ candidate, rejection }) => {
				if (rejection.kind !== "slower") return [];
				const { tokensPerSecond } = rejection.plan.atFullWindow;
				assert.ok(tokensPerSecond < atFullWindow.tokensPerSecond);
				assert.match(
					rejectionText(rejection, "completion", english),
					/slower than it is better: about \d+ tokens/,
				);
				return [`${modelText(candidate)} < ${modelText(request.model)}`];
			});
		});
		assert.ok(
			passedOver.includes(
				"Qwen2.5-Coder-1.5B Q8_0 < Qwen2.5-Coder-1.5B Q4_K_M",
			),
			passedOver.join("; "),
		);
	});

	it("falls back to the CPU if the GPU has no room", () => {
		const choice = choosePlan({
			role: "completion",
			candidates: installed,
			devices: [card("NVIDIA GeForce GTX 1650", 2), ram(16, 9)],
		});
		assert.equal(choice.kind, "chosen");
		assert.deepEqual(chosenPlan(choice).request.placement.gpus, []);
		assert.equal(choice.insteadOf?.kind, "nothingFits");
		assert.ok(
			choice.insteadOf.passedOver.some(
				({ rejection }) =>
					rejection.kind === "doesNotFit" &&
					rejection.plan.request.placement.gpus.length === 1,
			),
			"it can be told why not on the GPU",
		);
	});

	it("chooses nothing without models", () => {
		const choice = choosePlan({
			role: "chat",
			candidates: [],
			devices: [ram(16, 9)],
		});
		assert.deepEqual(choice, {
			kind: "nothingFits",
			role: "chat",
			passedOver: [],
		});
	});

	it("accepts a model whose context window is below the role's minimum", () => {
		const tiny = named("Qwen2.5-Coder-0.5B", "Q8_0");
		const choice = choosePlan({
			role: "completion",
			candidates: [
				{
					...tiny,
					shape: { ...tiny.shape, trainedContextWindow: 768 },
					roles: ["completion"],
				},
			],
			devices: [ram(16, 9)],
		});
		assert.equal(chosenPlan(choice).request.contextWindow, 768);
		assert.deepEqual(choice.kind === "chosen" && choice.concessions, []);
	});
});

function chosenPlan(choice: Choice): Plan {
	assert.ok(choice.kind === "chosen", choice.kind);
	return choice.plan;
}

function summary(choice: Choice): string {
	if (choice.kind !== "chosen") return "nothing";
	const { model, contextWindow, kvType, draft } = choice.plan.request;
	return `${model.quantization} ${contextWindow} ${kvType}${draft ? " draft" : ""}`;
}

describe("on machines at random", () => {
	const gpuNames = [
		"NVIDIA GeForce RTX 4090",
		"NVIDIA GeForce RTX 3060",
		"AMD Radeon RX 7600",
		"a GPU that nobody knows",
	];
	const random = seededRandom(11);
	const between = (least: number, most: number) =>
		least + random() * (most - least);
	const randomMachine = (): readonly Device[] => {
		const total = between(2, 48);
		const main = ram(total, total * random());
		const dice = random();
		if (dice < 0.2)
			return [device("unified", "Apple M2 Max", total, total * random())];
		if (dice < 0.3) return [main];
		if (dice < 0.4) return [main, device("integrated", "iGPU", 4, 4)];
		return [
			main,
			...Array.from({ length: 1 + Math.floor(random() * 3) }, (_, i) => {
				const vram = between(2, 32);
				return device(
					"discrete",
					gpuNames[Math.floor(random() * gpuNames.length)] ?? "",
					vram,
					vram * random(),
					{ id: `${i}` },
				);
			}),
		];
	};
	const role = (): Role => (random() < 0.5 ? "completion" : "chat");

	it("no plan that fits takes more than is free, and none is faster than its ceiling", () => {
		let chosen = 0;
		for (let i = 0; i < 120; i++) {
			const devices = randomMachine();
			const choice = choosePlan({
				role: role(),
				candidates: installed,
				devices,
			});
			if (choice.kind !== "chosen") continue;
			chosen++;
			assert.ok(choice.plan.fits);
			for (const { device: it, neededBytes, bytes } of choice.plan.devices) {
				assert.ok(
					neededBytes <= it.freeBytes,
					planText(choice.plan, english).join("\n"),
				);
				assert.ok(bytes.margin > 0);
			}
			for (const speed of [choice.plan.atEmptyWindow, choice.plan.atFullWindow])
				assert.ok(speed.tokensPerSecond <= speed.ceilingTokensPerSecond);
		}
		assert.ok(chosen > 60, `${chosen}`);
	});

	/**
	 * With two exceptions that are left out here: where a GPU has too little room for anything, the CPU may have had a larger model than then
	 * fits onto the GPU; and llama.cpp lays more layers over a slow GPU the more memory that has, which may be too slow then.
	 */
	it("more memory never means a smaller model", () => {
		const sizeOf = (devices: readonly Device[], as: Role): number => {
			const choice = choosePlan({ role: as, candidates: installed, devices });
			return choice.kind === "chosen"
				? choice.plan.request.model.shape.parameterCount
				: 0;
		};
		const grown = (it: Device, bytes: number): Device => ({
			...it,
			totalBytes: it.totalBytes + bytes,
			freeBytes: it.freeBytes + bytes,
		});
		for (let i = 0; i < 60; i++) {
			const devices = randomMachine().map((it) =>
				it.kind === "discrete"
					? { ...grown(it, 4 * gib), name: "NVIDIA GeForce RTX 3060" }
					: it,
			);
			const as = role();
			const which = Math.floor(random() * devices.length);
			const more = random() * 8 * gib;
			const larger = devices.map((it, index) =>
				index === which ? grown(it, more) : it,
			);
			assert.ok(
				sizeOf(larger, as) >= sizeOf(devices, as),
				JSON.stringify({ devices, which, more, as }),
			);
		}
	});

	it("words every rejection", () => {
		for (let i = 0; i < 20; i++) {
			const choice = choosePlan({
				role: role(),
				candidates: installed,
				devices: randomMachine(),
			});
			for (const { rejection } of choice.passedOver)
				assert.doesNotMatch(
					rejectionText(rejection, choice.role, english),
					/NaN|undefined|: ?$/,
				);
		}
	});
});
