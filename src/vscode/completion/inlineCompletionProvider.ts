/** Ghost text: between VS Code's inline completions and the completion session. */

import * as vscode from "vscode";
import { sleep } from "../../base/abort.ts";
import {
	type Disposable,
	DisposableStore,
	toDisposable,
} from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import type { NoSuggestionReason } from "../../completion/reasons/reasons.ts";
import type {
	CompletionEngine,
	CompletionWork,
} from "../../completion/request/getCompletion.ts";
import type { PromptContextProvider } from "../../completion/request/promptContext.ts";
import { CompletionSession } from "../../completion/session/completionSession.ts";
import {
	type CompletionDecision,
	decisionText,
} from "../../completion/session/decisions.ts";
import { type Place, samePlace } from "../../completion/session/suggestion.ts";
import { messageOf } from "../../protocol/errors.ts";
import { abortSignal } from "../platform/cancellation.ts";
import { documentPath } from "../workspace/documentPath.ts";
import type { AutoSuggest } from "./autoSuggest.ts";
import { itemFor, targetOf } from "./completionTarget.ts";
import {
	currentPlace,
	currentSnapshot,
	placeAt,
	snapshotOf,
} from "./documentSnapshot.ts";

/** Without a scheme, the inputs of chat, search and source control would be asked about too. */
const selector: vscode.DocumentSelector = [
	"file",
	"untitled",
	"vscode-notebook-cell",
	"vscode-remote",
	"vscode-vfs",
].map((scheme) => ({ scheme }));

export interface GivenSuggestion {
	readonly requestId: string;
	readonly text: string;
}

export interface InlineCompletionOptions {
	readonly engine: CompletionEngine;
	readonly contextProvider: PromptContextProvider;
	readonly autoSuggest: AutoSuggest;
	/** Fires when earlier suggestions hold no longer, as after a change of the model. */
	readonly onDidInvalidate: (listener: () => void) => Disposable;
	/** Called with each suggestion that is given to VS Code. */
	readonly onSuggestion: (suggestion: GivenSuggestion) => void;
	/** Called once for each question of VS Code. */
	readonly onDecision: (decision: CompletionDecision) => void;
	readonly log: Log;
}

interface Answer extends Pick<CompletionDecision, "outcome" | "work"> {
	/** The best one first. */
	readonly items?: vscode.InlineCompletionItem[];
}

/** Runs when VS Code has put a suggestion into the document. Not for people, and so in no palette. */
const acceptedCommand = "headroom.internal.suggestionAccepted";

/** Besides the first, where someone asks by hand: as many as VS Code goes through with two keys. */
const alternativeCount = 2;
/** VS Code shows nothing before all are there: who asked does not wait longer than this for more. */
const alternativesMs = 500;

export class InlineCompletionProvider
	implements vscode.InlineCompletionItemProvider, Disposable
{
	readonly #options: InlineCompletionOptions;
	readonly #session: CompletionSession;
	readonly #store = new DisposableStore();
	/** Where an answer came late, while VS Code is asked to ask for it. */
	#offered: Place | undefined;

	constructor(options: InlineCompletionOptions) {
		this.#options = options;
		const { engine, contextProvider, autoSuggest, onDidInvalidate, log } =
			options;
		const session = new CompletionSession({
			engine,
			contextProvider,
			log,
			onLateSuggestion: (place, isMore) => void this.#offer(place, isMore),
			sleep,
			now: () => performance.now(),
		});
		this.#session = session;
		// An edit moves the cursor too, and where it does not, VS Code asks anew: the selection alone tells enough.
		const followCursor = (): void =>
			session.movedTo(currentPlace(), currentSnapshot);
		for (const it of [
			onDidInvalidate(() => session.clear()),
			autoSuggest.onDidChange(() => {
				// What runs is then not wanted any more.
				if (autoSuggest.reasonFor(vscode.window.activeTextEditor?.document))
					session.clear();
			}),
			toDisposable(() => session.clear()),
			vscode.window.onDidChangeTextEditorSelection(followCursor),
			vscode.window.onDidChangeActiveTextEditor(followCursor),
			vscode.commands.registerCommand(acceptedCommand, () =>
				session.acceptedAt(currentPlace()),
			),
			vscode.languages.registerInlineCompletionItemProvider(selector, this),
		])
			this.#store.add(it);
	}

	/** Nobody types: evaluates what the next prompt in this editor needs. False where something else was under way. */
	prepare({ document, selection }: vscode.TextEditor): Promise<boolean> {
		return this.#session.prepare(snapshotOf(document, selection.active));
	}

	async provideInlineCompletionItems(
		document: vscode.TextDocument,
		position: vscode.Position,
		context: vscode.InlineCompletionContext,
		token: vscode.CancellationToken,
	): Promise<vscode.InlineCompletionItem[] | undefined> {
		const atMs = Date.now();
		const startMs = performance.now();
		const isOffer =
			this.#offered !== undefined &&
			samePlace(this.#offered, placeAt(document, position));
		// VS Code 1.104 calls the offers explicit too.
		const isExplicit =
			context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke &&
			!isOffer;
		// Who asks by hand is answered, whatever is switched off; what is offered was asked for before.
		const reason =
			isExplicit || isOffer
				? undefined
				: this.#options.autoSuggest.reasonFor(document);
		const { items, outcome, work } = reason
			? none(reason)
			: await this.#answer(document, position, context, token, isExplicit);
		const decision: CompletionDecision = {
			atMs,
			path: documentPath(document),
			languageId: document.languageId,
			line: position.line + 1,
			column: position.character + 1,
			isExplicit,
			outcome,
			work,
			totalMs: performance.now() - startMs,
		};
		const { log, onDecision } = this.#options;
		log.trace(`decision: ${decisionText({ ...decision, count: 1 })}`);
		onDecision(decision);
		return items;
	}

	dispose(): void {
		this.#store.dispose();
	}

	async #answer(
		document: vscode.TextDocument,
		position: vscode.Position,
		context: vscode.InlineCompletionContext,
		token: vscode.CancellationToken,
		isExplicit: boolean,
	): Promise<Answer> {
		const at = targetOf(document, position, context, (snapshot) =>
			this.#session.cached(snapshot),
		);
		const signal = abortSignal(token);
		const suggestion = await this.#session.suggest(at.snapshot, {
			signal,
			isExplicit,
		});
		const { work } = suggestion;
		if (suggestion.kind === "none") return none(suggestion.reason, work);
		if (token.isCancellationRequested) return none({ kind: "cancelled" }, work);
		const { text, source } = suggestion;
		const others = isExplicit
			? await this.#session.alternatives(
					at.snapshot,
					text,
					alternativeCount,
					AbortSignal.any([signal, AbortSignal.timeout(alternativesMs)]),
				)
			: [];
		this.#options.onSuggestion(suggestion);
		return {
			items: [text, ...others].map((it) => itemFor(it, at, acceptedCommand)),
			outcome: { kind: "suggested", characters: text.length, source },
			work,
		};
	}

	async #offer(place: Place, isMore: boolean): Promise<void> {
		const here = currentPlace();
		if (!here || !samePlace(here, place)) return;
		const { log } = this.#options;
		log.debug("a suggestion that came late, or more of one, is offered again");
		this.#offered = place;
		const { executeCommand } = vscode.commands;
		try {
			// VS Code does not ask again where something is shown.
			if (isMore) await executeCommand("editor.action.inlineSuggest.hide");
			// The cache answers this one. VS Code 1.104 ignores the argument and shows it all the same.
			await executeCommand("editor.action.inlineSuggest.trigger", {
				explicit: false,
			});
		} catch (thrown) {
			log.debug(`it could not be offered: ${messageOf(thrown)}`);
		} finally {
			if (this.#offered === place) this.#offered = undefined;
		}
	}
}

function none(reason: NoSuggestionReason, work?: CompletionWork): Answer {
	return { outcome: { kind: "none", reason }, work };
}
