/**
 * Prints the devices of this machine and, for each model, the best plan for completion on them: its memory, its expected speed, or why it
 * does not fit.
 *
 *   npm run --silent fit -- [--json] [--vram 8GiB]... [DIR|GGUF...]
 *
 * Measures the bandwidth of this machine's RAM. Without paths, plans the models that ship with the extension. `--vram` simulates a machine
 * with a GPU of that size for each, and this machine's RAM. `--json` adds one last line: `{"devices":[...],"models":[{"file","name","fits","plan","tokensPerSecond","reason","chat"}]}`.
 */

import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { nullLog } from "../src/base/log.ts";
import { english } from "../src/base/sentence.ts";
import { formatBytes, parseBytes } from "../src/base/units.ts";
import { loadOptionsFor } from "../src/client/builtInModel.ts";
import { describeDevices } from "../src/client/devices/describeDevices.ts";
import { forkEngine } from "../src/client/engineProcess.ts";
import { chatTemplateOf } from "../src/engine/chat/chatTemplate.ts";
import { measureRamBandwidth } from "../src/engine/measure/ramBandwidth.ts";
import { threadLimit } from "../src/engine/runtime/machineReadings.ts";
import { bandwidthOf, usableBytes } from "../src/memory/machine/devices.ts";
import {
	type Candidate,
	type Choice,
	choosePlan,
} from "../src/memory/plan/choosePlan.ts";
import { type Plan, partialOffload } from "../src/memory/plan/plan.ts";
import {
	choiceText,
	refusalText,
	rejectionText,
} from "../src/memory/report/planText.ts";
import { shapeProblemText } from "../src/memory/report/shapeProblemText.ts";
import {
	type LoadableFile,
	readModelFile,
} from "../src/models/header/modelFile.ts";
import type { Device } from "../src/protocol/device.ts";
import { errorText } from "../src/protocol/errors.ts";
import { fromUser, root, runScript, UserError, userFolder } from "./shell.ts";

const usage =
	"usage: npm run --silent fit -- [--json] [--vram 8GiB]... [DIR|GGUF...]";

/** Model folders usually have one level for publishers and one for models. */
const maxDepth = 5;

interface Verdict {
	readonly file: string;
	/** Null if the file cannot be read or priced. */
	readonly model: { readonly name: string; readonly choice: Choice } | null;
	/** Why it does not fit, or does not run on the GPU. */
	readonly reason: string | null;
	/** Why its chat template is not used; null if it is, or if there is none. */
	readonly chat: string | null;
}

async function main(): Promise<number> {
	const { json, vramBytes, paths } = readArguments();
	const files = paths.flatMap((it) => modelFilesIn(it));
	const machine = await thisMachine();
	const devices =
		vramBytes.length > 0 ? simulatedMachine(vramBytes, machine) : machine;
	const verdicts = files.map((file) => judge(file, devices));
	console.log(deviceLines(devices).join("\n"));
	for (const verdict of verdicts)
		console.log(`\n${verdictLines(verdict).join("\n")}`);
	if (json)
		console.log(JSON.stringify({ devices, models: verdicts.map(asJson) }));
	return 0;
}

function readArguments() {
	try {
		const { values, positionals } = parseArgs({
			allowPositionals: true,
			options: {
				json: { type: "boolean", default: false },
				vram: { type: "string", multiple: true, default: [] },
			},
		});
		const vramBytes = values.vram.map((text) => {
			const bytes = parseBytes(text);
			if (!bytes)
				throw new Error(`--vram is a size such as 8GiB, not "${text}"`);
			return bytes;
		});
		const paths =
			positionals.length > 0
				? positionals.map(fromUser)
				: [path.join(root, "media", "models")];
		return { json: values.json, vramBytes, paths };
	} catch (thrown) {
		throw new UserError(`${(thrown as Error).message}\n${usage}`);
	}
}

/** A path that does not exist counts as a file; reading it gives the error. */
function modelFilesIn(place: string, depth = 0): readonly string[] {
	const stat = statSync(place, { throwIfNoEntry: false });
	if (!stat?.isDirectory()) return [place];
	return readdirSync(place, { withFileTypes: true })
		.sort((a, b) => (a.name < b.name ? -1 : 1))
		.flatMap((entry) => {
			const inside = path.join(place, entry.name);
			// Follows links to files, which Hugging Face's cache consists of, but not to folders, which could form a cycle.
			if (entry.isDirectory())
				return depth < maxDepth ? modelFilesIn(inside, depth + 1) : [];
			return entry.name.endsWith(".gguf") ? [inside] : [];
		});
}

async function thisMachine(): Promise<readonly Device[]> {
	const file = path.join(root, "dist", "engine.mjs");
	const devices = await describeDevices({
		fork: (env) => forkEngine({ file, log: nullLog, env }),
		env: process.env,
		gpu: "auto",
	});
	if (!devices.ok) throw new UserError(errorText(devices.error));
	const bandwidthBytesPerSecond = await measureRamBandwidth({
		threads: threadLimit(),
	});
	return devices.value.map((it) =>
		it.kind === "cpu" && bandwidthBytesPerSecond !== undefined
			? { ...it, bandwidthBytesPerSecond }
			: it,
	);
}

/** Only the size of such GPUs is known: their bandwidth and the desktop's share are assumed. */
function simulatedMachine(
	vramBytes: readonly number[],
	machine: readonly Device[],
): readonly Device[] {
	const host = machine.find(({ kind }) => kind === "cpu" || kind === "unified");
	const cpu = { name: "CPU", totalBytes: 0, freeBytes: 0, ...host };
	return [
		...vramBytes.map(
			(bytes, index): Device => ({
				id: `simulated${index}`,
				name: `simulated GPU ${index + 1}`,
				kind: "discrete",
				totalBytes: bytes,
				freeBytes: bytes,
			}),
		),
		{ ...cpu, id: "cpu", kind: "cpu" },
	];
}

function judge(file: string, devices: readonly Device[]): Verdict {
	const read = readModelFile(file);
	if (!read.ok)
		return { file, model: null, reason: errorText(read.error), chat: null };
	const chat = chatReasonOf(read.value);
	const { description, shape } = read.value;
	const { name, quantization, trainedContextWindow } = description;
	if (!shape.ok) {
		return {
			file,
			model: null,
			reason: `Cannot compute the memory of the model file ${file}: ${shapeProblemText(shape.error, english)}.`,
			chat,
		};
	}
	const candidate: Candidate = {
		name,
		quantization,
		shape: {
			...shape.value,
			trainedContextWindow: contextWindowOf(file) ?? trainedContextWindow,
		},
		roles: ["completion"],
	};
	const choice = choosePlan({
		role: "completion",
		candidates: [candidate],
		devices,
	});
	return { file, model: { name, choice }, reason: reasonOf(choice), chat };
}

/** Without the vocabulary, which is read with the model: only the special tokens in the template are known. */
function chatReasonOf(file: LoadableFile): string | null {
	if (file.chatTemplate === null || !file.description.roles.includes("chat"))
		return null;
	const facts = { beginningOfText: "", endOfText: "", today: new Date() };
	const template = chatTemplateOf(file, facts);
	const error = template.ok ? template.value.note : template.error;
	return error ? errorText(error) : null;
}

/** The context window that the extension would load it with, if less than its header allows. */
function contextWindowOf(file: string): number | null {
	const settings = { gpu: "auto", partialOffload: false, threads: 0 } as const;
	return loadOptionsFor(
		{ file, ...settings, latencyTargetMs: 1, speculation: "off", drafts: [] },
		root,
	).contextWindow;
}

/** Why the model does not fit, or why it would run on the CPU and not on the GPU. */
function reasonOf(choice: Choice): string | null {
	const [passedOver] = choice.passedOver;
	const here = passedOver && rejected(passedOver.rejection, choice);
	const there = choice.insteadOf && reasonOf(choice.insteadOf);
	const reasons = [
		...(here ? [here] : []),
		...(there ? [`GPU: ${there}`] : []),
	];
	return reasons.length > 0 ? reasons.join("; ") : null;
}

function rejected(
	rejection: Choice["passedOver"][number]["rejection"],
	choice: Choice,
): string {
	return rejection.kind === "doesNotFit"
		? `does not fit: ${refusalText(rejection.plan, spread(rejection.plan), english)}`
		: rejectionText(rejection, choice.role, english);
}

/** With as many layers on the GPU as fit; undefined without a GPU, or if none fits. */
function spread({ request }: Plan): Plan | undefined {
	const plan =
		request.placement.gpus.length > 0 ? partialOffload(request) : undefined;
	return plan?.request.offloadedLayers ? plan : undefined;
}

function deviceLines(devices: readonly Device[]): readonly string[] {
	return devices.map((device) => {
		const { name, kind, totalBytes } = device;
		const { bytesPerSecond, source } = bandwidthOf(device);
		return (
			`${name} (${kind}): ${formatBytes(usableBytes(device))} of ${formatBytes(totalBytes)} free for models, ` +
			`${Math.round(bytesPerSecond / 1e9)} GB/s ${source}`
		);
	});
}

function verdictLines({
	file,
	model,
	reason,
	chat,
}: Verdict): readonly string[] {
	const shown = path.relative(userFolder, file) || file;
	const lines =
		model && model.choice.kind !== "nothingFits"
			? choiceText({ ...model.choice, passedOver: [] }, english)
			: [];
	return [
		model ? `${model.name} (${shown})` : shown,
		...[...lines, ...[reason, chat].filter((it) => it !== null)].map(
			(it) => `  ${it}`,
		),
	];
}

function asJson({ file, model, reason, chat }: Verdict) {
	const plan =
		model && model.choice.kind !== "nothingFits" ? model.choice.plan : null;
	return {
		file,
		name: model?.name ?? null,
		fits: plan !== null,
		plan: plan && planAsJson(plan),
		tokensPerSecond: plan
			? Math.round(plan.atFullWindow.tokensPerSecond * 10) / 10
			: null,
		reason,
		chat,
	};
}

function planAsJson({ request, devices }: Plan) {
	const { placement, contextWindow, sequences, batchTokens, kvType } = request;
	return {
		gpus: placement.gpus.map(({ id }) => id),
		contextWindow,
		sequences,
		batchTokens,
		kvType,
		devices: devices.map(({ device, bytes, neededBytes, freeBytes }) => ({
			id: device.id,
			...Object.fromEntries(
				Object.entries(bytes).map(([part, value]) => [
					`${part}Bytes`,
					Math.ceil(value),
				]),
			),
			neededBytes: Math.ceil(neededBytes),
			freeBytes: Math.floor(freeBytes),
		})),
	};
}

await runScript(main);
