/** What the replay compares: the extension's own code, the same without its cache of keys and values, and another's pattern. */

import { sleep } from "../../src/base/abort.ts";
import { Emitter, type Event } from "../../src/base/event.ts";
import { nullLog } from "../../src/base/log.ts";
import { LruCache } from "../../src/base/lruCache.ts";
import { Confidence } from "../../src/completion/confidence/confidence.ts";
import { ContextStore } from "../../src/completion/context/contextStore.ts";
import { RepositoryContext } from "../../src/completion/context/repositoryContext.ts";
import type { CompletionEngine } from "../../src/completion/request/completionEngine.ts";
import {
	type CompletionPolicy,
	CompletionSession,
} from "../../src/completion/session/completionSession.ts";
import type { DocumentSnapshot } from "../../src/completion/text/documentContext.ts";
import {
	type ConfidenceMode,
	emptyAcceptance,
} from "../../src/protocol/completion/confidence.ts";
import { contextTokens, loadedModel } from "../../src/protocol/engineStatus.ts";
import type {
	CompletionChunk,
	FimRequest,
	GenerationEnd,
} from "../../src/protocol/generation.ts";
import { SyntaxParser } from "../../src/syntax/parser.ts";
import { isContextFile } from "../../src/workspace/contextFiles.ts";
import { emptyRequest } from "../support/fakes/fakeEngine.ts";
import { grammarFolder } from "../support/loadedSyntax.ts";
import type { RealEngine } from "../support/models/realEngine.ts";
import {
	placeKey,
	type ReplayClock,
	type RequestFigures,
	type RequestStats,
	type Suggested,
	type Suggester,
} from "./replay.ts";
import { ReplayManners } from "./replayManners.ts";

/** Counts what passes through, and keeps its figures. */
class ObservedEngine implements CompletionEngine {
	readonly #engine: CompletionEngine;
	readonly #settled = new Emitter<void>();
	#made = 0;
	#awaited = 0;
	#underWay = 0;
	#stats: RequestStats[] = [];

	constructor(engine: CompletionEngine) {
		this.#engine = engine;
	}

	complete: CompletionEngine["complete"] = (request, signal, replaces) => {
		this.#made++;
		if (request.priority === "typing") this.#awaited++;
		const { requestId, chunks } = this.#engine.complete(
			request,
			signal,
			replaces,
		);
		return { requestId, chunks: this.#watched(request, chunks) };
	};

	take(): RequestFigures {
		const taken = {
			made: this.#made,
			awaited: this.#awaited,
			stats: this.#stats,
		};
		this.#made = 0;
		this.#awaited = 0;
		this.#stats = [];
		return taken;
	}

	settled(): Promise<void> {
		return new Promise((resolve) => {
			if (this.#underWay === 0) return resolve();
			const subscription = this.#settled.event(() => {
				subscription.dispose();
				resolve();
			});
		});
	}

	async *#watched(
		{ prefixBlocks, typed, priority }: FimRequest,
		chunks: AsyncGenerator<CompletionChunk, GenerationEnd>,
	): AsyncGenerator<CompletionChunk, GenerationEnd> {
		this.#underWay++;
		try {
			const end = yield* chunks;
			if (end.kind === "done" && end.stats.promptTokens > 0)
				this.#stats.push({
					...end.stats,
					isAwaited: priority === "typing",
					place: placeKey(prefixBlocks.join("") + typed),
				});
			return end;
		} finally {
			if (--this.#underWay === 0) this.#settled.fire();
		}
	}
}

interface EditorSettings {
	readonly confidence?: ConfidenceMode;
	readonly policy?: Partial<CompletionPolicy>;
}

/** The provider's code and the engine, as in the editor with its default settings. */
export function headroom(engine: RealEngine, clock: ReplayClock): Suggester {
	return sessionOn(engine, engine.client, clock);
}

/** The same with the setting that shows everything, however unsure. */
export function headroomMore(
	engine: RealEngine,
	clock: ReplayClock,
): Suggester {
	return sessionOn(engine, engine.client, clock, { confidence: "more" });
}

/** As {@link headroom}, but suggestions are shown as soon as they are known. */
export function headroomAtOnce(
	engine: RealEngine,
	clock: ReplayClock,
): Suggester {
	const policy = { showsAtOnce: true };
	return sessionOn(engine, engine.client, clock, { policy });
}

/** As {@link headroom}, but requests start in pauses of typing, as on battery. */
export function headroomInPauses(
	engine: RealEngine,
	clock: ReplayClock,
): Suggester {
	const policy = { computesAtEveryKey: false };
	return sessionOn(engine, engine.client, clock, { policy });
}

function sessionOn(
	real: RealEngine,
	engine: CompletionEngine,
	clock: ReplayClock,
	{ confidence = "automatic", policy }: EditorSettings = {},
): Suggester {
	const observed = new ObservedEngine(engine);
	const onLate = new Emitter<void>();
	const store = new ContextStore((path) => isContextFile(path, () => false));
	const session = new CompletionSession({
		engine: observed,
		syntax: new SyntaxParser({ folder: grammarFolder, log: nullLog }),
		contextProvider: new RepositoryContext({
			store,
			repositoryOf: () => "repository",
			budgetTokens: () => contextTokens(real.supervisor.status),
		}),
		log: nullLog,
		onLateSuggestion: () => onLate.fire(),
		gate: new Confidence({
			mode: () => confidence,
			model: () => loadedModel(real.supervisor.status)?.name,
			acceptance: { get: () => emptyAcceptance, set: () => {} },
			log: nullLog,
		}).gate,
		policy: () => ({
			showsAtOnce: confidence === "more",
			computesAtEveryKey: true,
			...policy,
		}),
		sleep,
		now: () => clock.now(),
	});
	const manners = new ReplayManners(() => clock.now());
	const heldBack = (droppedBy: string) => {
		session.withheld();
		return { text: undefined, isFromCache: false, droppedBy };
	};
	return {
		async suggest(snapshot, signal) {
			const objection = manners.objectionTo(snapshot);
			if (objection) return heldBack(objection);
			const it = await session.suggest(snapshot, { signal, isExplicit: false });
			if (it.kind === "suggestion") {
				const toText = manners.objectionToText(snapshot, it.text);
				if (toText) return heldBack(toText);
				return { text: it.text, isFromCache: it.source === "cache" };
			}
			const { reason } = it;
			return {
				text: undefined,
				isFromCache: false,
				...(reason.kind === "filtered" ? { droppedBy: reason.filter } : {}),
			};
		},
		moved(snapshot) {
			manners.moved(snapshot);
			session.movedTo(snapshot, () => snapshot);
		},
		accepted: (snapshot) => session.acceptedAt(snapshot),
		async idle(snapshot, { files }) {
			for (const { path, text } of files) store.open(path, text);
			await session.prepare(snapshot);
		},
		late: () => nextOf(onLate.event),
		settled: () => observed.settled(),
		takeRequests: () => observed.take(),
	};
}

function nextOf(event: Event<void>): Promise<void> {
	return new Promise((resolve) => {
		const subscription = event(() => {
			subscription.dispose();
			resolve();
		});
	});
}

/** The same, but no prompt begins like the one before: a number stands in front of each path. */
export function withoutPrefixCache(
	engine: RealEngine,
	clock: ReplayClock,
): Suggester {
	let requests = 0;
	const complete: CompletionEngine["complete"] = (request, ...rest) =>
		engine.client.complete(
			{ ...request, path: `${++requests}/${request.path}`, snippets: [] },
			...rest,
		);
	return sessionOn(engine, { complete }, clock);
}

/** The same, but the typed line stands with the lines before it, as models are usually prompted, so there is no token healing. */
export function withLineInPrefix(
	engine: RealEngine,
	clock: ReplayClock,
): Suggester {
	const complete: CompletionEngine["complete"] = (
		{ prefixBlocks, typed: line, ...request },
		...rest
	) => {
		const last = (prefixBlocks.at(-1) ?? "") + line;
		return engine.client.complete(
			{
				...request,
				prefixBlocks: [...prefixBlocks.slice(0, -1), last],
				typed: "",
			},
			...rest,
		);
	};
	return sessionOn(engine, { complete }, clock);
}

const nothing: Suggested = { text: undefined, isFromCache: false };

const linesAbove = 256;
const linesBelow = 64;
const maxCharsRight = 8;
const maxAnswerTokens = 128;

/** Of prediction: over that, it ends with the next line end. */
const predictMs = 500;

/**
 * The requests that llama.vscode makes: 256 lines above and 64 below, in the order that the model declares; no request is ever aborted,
 * and the next one waits for it; 250 answers are kept by their whole context, found again while typing along on the line; nothing is
 * asked with more than 8 characters right of the cursor. Its ring of chunks from other files is left out, and so is what it asks
 * in advance: the built-in model has no room for the one, and the other costs it tokens only.
 */
export function llamaVscodePattern(engine: RealEngine): Suggester {
	const client = new ObservedEngine(engine.client);
	const cache = new LruCache<string, string>(250);
	let running: Promise<unknown> = Promise.resolve();

	const contextOf = ({ text, offset }: DocumentSnapshot) => {
		const above = text.slice(0, offset).split("\n");
		const below = text.slice(offset).split("\n");
		return {
			line: above.at(-1) ?? "",
			prefix: above
				.slice(-1 - linesAbove, -1)
				.map((it) => `${it}\n`)
				.join(""),
			lineAfter: below[0] ?? "",
			suffix: below.slice(0, 1 + linesBelow).join("\n"),
		};
	};
	const key = (...parts: readonly string[]) => JSON.stringify(parts);

	return {
		async suggest(snapshot, signal) {
			const { line, prefix, lineAfter, suffix } = contextOf(snapshot);
			if (lineAfter.length > maxCharsRight) return nothing;
			for (let typed = 0; typed <= line.length; typed++) {
				const kept = cache.get(
					key(prefix, suffix, line.slice(0, line.length - typed)),
				);
				const tail = line.slice(line.length - typed);
				if (kept?.startsWith(tail) && kept.length > typed)
					return { text: kept.slice(typed), isFromCache: true };
			}
			await running;
			if (signal.aborted) return nothing;
			const answer = (async () => {
				const enough = new AbortController();
				const { chunks } = client.complete(
					{
						...emptyRequest,
						path: snapshot.path,
						prefixBlocks: [prefix + line],
						suffix,
						maxTokens: maxAnswerTokens,
					},
					enough.signal,
				);
				let text = "";
				let firstMs: number | undefined;
				let next = await chunks.next();
				for (; !next.done; next = await chunks.next()) {
					firstMs ??= performance.now();
					text += next.value.text;
					if (performance.now() - firstMs > predictMs && text.includes("\n"))
						enough.abort();
				}
				return text;
			})();
			running = answer;
			let text = (await answer).trimEnd();
			if (lineAfter.trim() !== "") {
				text = text.split("\n", 1)[0] ?? "";
				if (text.endsWith(lineAfter)) text = text.slice(0, -lineAfter.length);
			}
			if (text.trim() === "") return nothing;
			cache.set(key(prefix, suffix, line), text);
			return { text, isFromCache: false };
		},
		moved: () => {},
		accepted: () => {},
		idle: () => Promise.resolve(),
		late: () => new Promise(() => {}),
		settled: () => client.settled(),
		takeRequests: () => client.take(),
	};
}
