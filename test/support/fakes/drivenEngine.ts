/** The engine on a fake runtime, with a model that completes and talks, and all that it sends. */

import assert from "node:assert/strict";
import { success } from "../../../src/base/result.ts";
import type { SetTimer } from "../../../src/base/timers.ts";
import { Engine } from "../../../src/engine/engine.ts";
import type {
	ChatRequest,
	ChatTurn,
	SegmentKind,
} from "../../../src/protocol/chat.ts";
import type {
	FromEngine,
	LoadOptions,
} from "../../../src/protocol/engineProtocol.ts";
import type { FimRequest } from "../../../src/protocol/generation.ts";
import { plainLoadOptions } from "../loadOptions.ts";
import { emptyRequest } from "./fakeEngine.ts";
import {
	type FakeOptions,
	FakeRuntime,
	fakeDescription,
	fakeModelFile,
	scripted,
} from "./fakeRuntime.ts";

/** What is asked stands between a prefix and a suffix, answers between a middle and an end. */
export const fakeTemplate =
	"{% for message in messages %}{% if message.role == 'assistant' %}<middle>{{ message.content }}<endOfText>" +
	"{% else %}<prefix>{{ message.content }}<suffix>{% endif %}{% endfor %}<middle>";

export const chattyDescription = {
	...fakeDescription,
	trainedContextWindow: 4096,
	roles: ["completion", "chat"],
} as const satisfies typeof fakeDescription;

export const user = (text: string): ChatTurn => ({ role: "user", text });
export const assistant = (text: string): ChatTurn => ({
	role: "assistant",
	text,
});

const question: ChatRequest = {
	turns: [user("q")],
	maxTokens: null,
	temperature: 0,
	seed: 1,
	reference: "",
	stateFile: null,
};

const loadOptions: LoadOptions = {
	...plainLoadOptions,
	file: "/models/fake.gguf",
	contextWindow: 1024,
};

/** The last message of a request. */
type Last = Extract<
	FromEngine,
	{
		readonly kind:
			| "done"
			| "failed"
			| "counted"
			| "devices"
			| "loaded"
			| "chatLoaded";
	}
>;

export interface DrivenOptions extends FakeOptions {
	readonly chatTemplate?: string | null;
	readonly now?: () => number;
	readonly setTimer?: SetTimer;
	/** Told before the engine goes on. */
	readonly onSend?: (message: FromEngine) => void;
}

export function driveEngine(options: DrivenOptions = {}) {
	const {
		chatTemplate = fakeTemplate,
		now = () => 0,
		setTimer,
		onSend,
	} = options;
	const runtime = new FakeRuntime({
		continuation: scripted("abc"),
		description: chattyDescription,
		...options,
	});
	const sent: FromEngine[] = [];
	const waiting: { test: () => boolean; resolve: () => void }[] = [];
	let shutdowns = 0;
	const notify = () => {
		for (const it of waiting) if (it.test()) it.resolve();
	};
	const engine = new Engine({
		createRuntime: () => Promise.resolve(success(runtime)),
		readVocabulary: () => Promise.resolve(undefined),
		readModelFile: (file) =>
			success(
				fakeModelFile(
					{ ...(options.description ?? chattyDescription), file },
					chatTemplate,
				),
			),
		send: (message) => {
			sent.push(message);
			onSend?.(message);
			notify();
		},
		onShutdown: () => {
			shutdowns++;
			notify();
		},
		now,
		...(setTimer && { setTimer }),
	});
	const until = (test: () => boolean) =>
		test()
			? Promise.resolve()
			: new Promise<void>((resolve) => waiting.push({ test, resolve }));
	const lasts = (requestId: string): readonly Last[] =>
		sent.filter(
			(it): it is Last =>
				(it.kind === "done" ||
					it.kind === "failed" ||
					it.kind === "counted" ||
					it.kind === "loaded" ||
					it.kind === "chatLoaded" ||
					it.kind === "devices") &&
				it.requestId === requestId,
		);
	const end = async (requestId: string): Promise<Last> => {
		await until(() => lasts(requestId).length > 0);
		const [last] = lasts(requestId);
		assert.ok(last);
		return last;
	};
	return {
		engine,
		runtime,
		sent,
		until,
		lasts,
		end,
		shutdowns: () => shutdowns,
		load: (changes: Partial<LoadOptions> = {}, requestId = "load") =>
			engine.receive({
				kind: "load",
				requestId,
				options: { ...loadOptions, ...changes },
			}),
		complete: (
			requestId: string,
			changes: Partial<FimRequest> = {},
			replaces?: string,
		) =>
			engine.receive({
				kind: "complete",
				requestId,
				request: { ...emptyRequest, typed: "x", ...changes },
				...(replaces !== undefined && { replaces }),
			}),
		chat: (requestId: string, changes: Partial<ChatRequest> = {}) =>
			engine.receive({
				kind: "chat",
				requestId,
				request: { ...question, ...changes },
			}),
		count: (requestId: string, turns: readonly ChatTurn[] = [user("q")]) =>
			engine.receive({ kind: "count", requestId, turns }),
		cancel: (requestId: string) =>
			engine.receive({ kind: "cancel", requestId }),
		shutdown: () => engine.receive({ kind: "shutdown" }),
		/** How it ended, in a word. */
		outcome: async (requestId: string) => {
			const last = await end(requestId);
			return last.kind === "done"
				? last.stopReason
				: last.kind === "failed"
					? last.error.code
					: last.kind;
		},
		statsOf: async (requestId: string) => {
			const last = await end(requestId);
			assert.ok(last.kind === "done", JSON.stringify(last));
			return last.stats;
		},
		said: (requestId: string, segment: SegmentKind = "text") =>
			sent
				.map((it) =>
					it.kind === "chunk" &&
					it.requestId === requestId &&
					it.segment === segment
						? it.text
						: "",
				)
				.join(""),
		loadChat: (requestId: string) =>
			engine.receive({ kind: "loadChat", requestId }),
		/** The last report. */
		report: () =>
			sent.findLast(
				(it): it is FromEngine & { readonly kind: "report" } =>
					it.kind === "report",
			)?.report,
		reports: () =>
			sent.flatMap((it) => (it.kind === "report" ? [it.report.kind] : [])),
	};
}
