/** Decides how to load a model before any of it is in memory, or why it cannot be loaded. */

import { assertNever } from "../../base/assert.ts";
import type { Log } from "../../base/log.ts";
import { failure, type Result, success } from "../../base/result.ts";
import { english, phrase } from "../../base/sentence.ts";
import { besideMapped } from "../../memory/plan/beside.ts";
import type { Plan } from "../../memory/plan/plan.ts";
import { roleNeeds } from "../../memory/plan/roles.ts";
import { needsOf, refusalReasons } from "../../memory/report/memoryReasons.ts";
import { shapeProblemText } from "../../memory/report/shapeProblemText.ts";
import type { LoadableFile } from "../../models/header/modelFile.ts";
import type { Device } from "../../protocol/device.ts";
import type { LoadOptions } from "../../protocol/engineProtocol.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import {
	emptyRecord,
	type Learned,
	type MachineRecord,
} from "../../protocol/machineRecord.ts";
import type { Role } from "../../protocol/model.ts";
import type { SpeculationMode } from "../../protocol/speculation.ts";
import { fitBudget, minBudget, windowFor } from "../measure/promptBudget.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { batchTokens, sequenceCount } from "./contextSize.ts";
import { chooseStrategy, type LoadStrategy } from "./loadStrategies.ts";
import { MachineProfile } from "./machineProfile.ts";
import type { Runtimes } from "./runtimes.ts";

export interface LoadAttempt {
	readonly file: LoadableFile;
	readonly role: Role;
	readonly runtime: Runtime;
	/** Undefined if the header lacks what a plan needs; llama.cpp may still be able to load the file. */
	readonly strategy: LoadStrategy | undefined;
	/** As they are before the load. */
	readonly devices: readonly Device[];
	readonly profile: MachineProfile;
	/** The model's own limit, or the user's. */
	readonly contextWindow: number;
	readonly latencyTargetMs: number;
	readonly speculation: SpeculationMode;
	/** Files of draft models, best first. */
	readonly drafts: readonly string[];
}

export interface MachineAccess {
	readonly runtimes: Runtimes;
	readonly log: Log;
	/** Since the epoch. */
	readonly epochMs: () => number;
	/** The version of the graphics driver, or empty. */
	readonly driver: string;
	/** Bytes per second; undefined if it cannot be measured. */
	readonly measureRam: (threads: number | null) => Promise<number | undefined>;
	readonly learn: (learned: Learned) => void;
}

export interface AttemptRequest {
	readonly options: LoadOptions;
	/** For a chat alone, its context is the only one. */
	readonly role: Role;
	/** Keys of the strategies that failed in this load, and places that had no room for the weights. */
	readonly tried: ReadonlySet<string>;
	/** The plans of the other models of this process. */
	readonly beside: readonly Plan[];
}

export async function planAttempt(
	file: LoadableFile,
	{ options, role, tried, beside }: AttemptRequest,
	machine: MachineAccess,
): Promise<Result<LoadAttempt, HeadroomError>> {
	const { description, shape } = file;
	const { log, runtimes } = machine;
	const runtime = await runtimes.get(options);
	if (!runtime.ok) return runtime;
	const profile = profileOf(
		options.record ?? emptyRecord,
		runtime.value,
		machine,
	);
	const devices = await measuredDevices(
		runtime.value,
		profile,
		options,
		machine,
	);
	const attempt: LoadAttempt = {
		file,
		role,
		runtime: runtime.value,
		strategy: undefined,
		profile,
		devices:
			process.platform === "linux" ? besideMapped(devices, beside) : devices,
		contextWindow: options.contextWindow ?? description.trainedContextWindow,
		latencyTargetMs: options.latencyTargetMs,
		speculation: options.speculation,
		drafts: options.drafts,
	};
	if (!shape.ok) {
		log.warn(
			`cannot predict the memory of ${description.name}: ${shapeProblemText(shape.error, english)}`,
		);
		return success(attempt);
	}
	const { name, quantization } = description;
	const history = profile.historyOf(description);
	const avoid = new Set(options.avoid);
	const isAvoided = (it: LoadStrategy): boolean =>
		avoid.has(profile.stepKey(description, it, "loading")) ||
		avoid.has(profile.stepKey(description, it, "warmingUp"));
	const verdict = chooseStrategy({
		model: { name, quantization, shape: shape.value },
		devices: attempt.devices,
		role,
		sequences: role === "chat" ? 1 : sequenceCount,
		batchTokens,
		minWindow: minWindow(attempt),
		allowsPartial: options.partialOffload,
		speculates: options.speculation !== "off",
		history: {
			...history,
			isBad: (it) =>
				tried.has(it.key) ||
				tried.has(it.place) ||
				isAvoided(it) ||
				history.isBad(it),
		},
	});
	switch (verdict.kind) {
		case "doesNotFit":
			return failure(
				createError("modelTooLarge", {
					file: options.file,
					needs: refusalReasons(verdict.plan, verdict.instead),
				}),
			);
		case "allBad": {
			const { file } = options;
			const why = profile.whyBad(description, verdict.last);
			return failure(
				why === undefined
					? createError("modelOutOfMemory", {
							file,
							why: phrase("the last attempts ended for lack of memory", {}),
							needs: needsOf(verdict.last.price(minWindow(attempt))),
						})
					: createError("modelCrashes", { file, why }),
			);
		}
		case "load":
			for (const it of verdict.passedOver)
				log.warn(
					`skipped a better way to load it (${it.key}): it has failed before`,
				);
			return withRuntimeOf(verdict.strategy, attempt, options, runtimes);
		default:
			return assertNever(verdict);
	}
}

/** Records of another build of llama.cpp or another graphics driver do not count. */
export function profileOf(
	record: MachineRecord,
	{ build }: Runtime,
	{ driver, epochMs }: Pick<MachineAccess, "driver" | "epochMs">,
): MachineProfile {
	return new MachineProfile(record, `${driver}, llama.cpp ${build}`, epochMs());
}

/** The smallest useful context window: of each sequence with the smallest prompt, or of a chat. */
export function minWindow({
	role,
	contextWindow,
}: Pick<LoadAttempt, "role" | "contextWindow">): number {
	return role === "chat"
		? Math.min(minChatWindow, contextWindow)
		: windowFor(fitBudget(minBudget, contextWindow));
}

const minChatWindow = Math.min(...roleNeeds.chat.contextWindows);

/** The devices with their measured speed. Measures RAM bandwidth once a day, while nothing else reads memory. */
async function measuredDevices(
	runtime: Runtime,
	profile: MachineProfile,
	{ threads, record }: LoadOptions,
	{ measureRam, epochMs, learn }: MachineAccess,
): Promise<readonly Device[]> {
	const devices = profile.measured(await runtime.devices());
	const device = record && profile.ramToMeasure(devices);
	if (!device) return devices;
	const bandwidthBytesPerSecond = await measureRam(threads);
	if (bandwidthBytesPerSecond === undefined) return devices;
	const measuredAtMs = epochMs();
	learn({
		kind: "device",
		measurement: { device, bandwidthBytesPerSecond, measuredAtMs },
	});
	return devices.map((it) => {
		if (it.kind !== "cpu") return it;
		// The efficiency was relative to the former bandwidth.
		const { efficiency: _, ...rest } = it;
		return { ...rest, bandwidthBytesPerSecond };
	});
}

/** A model for the CPU is loaded by a runtime that does not touch the GPU. */
async function withRuntimeOf(
	strategy: LoadStrategy,
	attempt: LoadAttempt,
	options: LoadOptions,
	runtimes: Runtimes,
): Promise<Result<LoadAttempt, HeadroomError>> {
	const hasGpu = attempt.devices.some(({ kind }) => kind !== "cpu");
	if (strategy.gpu === options.gpu || !hasGpu)
		return success({ ...attempt, strategy });
	const runtime = await runtimes.get({ ...options, gpu: strategy.gpu });
	return runtime.ok
		? success({ ...attempt, strategy, runtime: runtime.value })
		: runtime;
}
