/** Ghost text: connects VS Code's inline completions to the completion session. */

import * as vscode from "vscode";
import { sleep } from "../../base/abort.ts";
import {
	type Disposable,
	DisposableStore,
	toDisposable,
} from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import type { Confidence } from "../../completion/confidence/confidence.ts";
import { Manners } from "../../completion/manners/manners.ts";
import {
	NameCheck,
	type NameCheckOptions,
} from "../../completion/names/nameCheck.ts";
import type { NoSuggestionReason } from "../../completion/reasons/reasons.ts";
import type { CompletionEngine } from "../../completion/request/completionEngine.ts";
import type { CompletionWork } from "../../completion/request/getCompletion.ts";
import type { PromptContextProvider } from "../../completion/request/promptContext.ts";
import {
	type CompletionPolicy,
	CompletionSession,
} from "../../completion/session/completionSession.ts";
import {
	type CompletionDecision,
	decisionText,
} from "../../completion/session/decisions.ts";
import { type Place, samePlace } from "../../completion/session/suggestion.ts";
import type { SyntaxPort } from "../../completion/syntax/syntaxPort.ts";
import { messageOf } from "../../protocol/errors.ts";
import { abortSignal } from "../platform/cancellation.ts";
import { documentPath } from "../workspace/documentPath.ts";
import type { AutoSuggest } from "./autoSuggest.ts";
import { itemFor, linePlaceOf, targetOf } from "./completionTarget.ts";
import {
	currentPlace,
	currentSnapshot,
	placeAt,
	snapshotOf,
} from "./documentSnapshot.ts";
import { LanguageServerNames } from "./languageServerNames.ts";
import { MannersWatcher } from "./mannersWatcher.ts";

/** Without schemes, the inputs of chat, search and source control would get completions too. */
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
	/** False where more may come. */
	readonly isWhole: boolean;
}

export interface InlineCompletionOptions {
	readonly engine: CompletionEngine;
	readonly contextProvider: PromptContextProvider;
	/** Which part of a suggestion is shown unasked; learns from what becomes of it. */
	readonly confidence: Confidence;
	readonly syntax: SyntaxPort;
	readonly autoSuggest: AutoSuggest;
	/** The texts of other files whose names are known. */
	readonly otherTexts: NameCheckOptions["otherTexts"];
	/** Fires when earlier suggestions are invalid, as after a change of the model. */
	readonly onDidInvalidate: (listener: () => void) => Disposable;
	/** Called with each suggestion that VS Code gets. */
	readonly onSuggestion: (suggestion: GivenSuggestion) => void;
	/** Called once for each request of VS Code. */
	readonly onDecision: (decision: CompletionDecision) => void;
	readonly policy: () => CompletionPolicy;
	readonly log: Log;
}

interface ProvidedItems extends Pick<CompletionDecision, "outcome" | "work"> {
	/** The best first. */
	readonly items?: vscode.InlineCompletionItem[];
}

/** VS Code runs it after it has inserted a suggestion. Internal: not in the command palette. */
const acceptedCommand = "headroom.internal.suggestionAccepted";

/** Alternatives for an explicit request. VS Code cycles through them. */
const alternativeCount = 2;
/** The time limit for alternatives: VS Code shows nothing before it has all of them. */
const alternativesMs = 500;

/** VS Code requests what it is triggered for at once, if at all. */
const offerMs = 1_000;

export class InlineCompletionProvider
	implements vscode.InlineCompletionItemProvider, Disposable
{
	readonly #options: InlineCompletionOptions;
	readonly #session: CompletionSession;
	readonly #manners: Manners;
	readonly #mannersWatcher: MannersWatcher;
	readonly #names: NameCheck;
	readonly #serverNames = new LanguageServerNames();
	readonly #store = new DisposableStore();
	/**
	 * The place of a late answer, while VS Code is triggered to request it. Not for long: the trigger may never come to an end where the text is
	 * changed meanwhile, and what the user requests after that is no offer.
	 */
	#offered: { readonly place: Place; readonly untilMs: number } | undefined;

	constructor(options: InlineCompletionOptions) {
		this.#options = options;
		this.#names = new NameCheck({ otherTexts: options.otherTexts });
		const { engine, contextProvider, syntax, autoSuggest, policy } = options;
		const { confidence, onDidInvalidate, log } = options;
		this.#manners = new Manners(() => confidence.rejected());
		const session = new CompletionSession({
			engine,
			contextProvider,
			syntax,
			log,
			onLateSuggestion: (place, isMore) => void this.#offer(place, isMore),
			gate: confidence.gate,
			// Nothing is computed in advance where nothing is suggested unasked, also after a request there.
			policy: () => ({
				...policy(),
				computesAtEveryKey:
					policy().computesAtEveryKey &&
					!autoSuggest.reasonFor(vscode.window.activeTextEditor?.document),
			}),
			sleep,
			now: () => performance.now(),
		});
		this.#session = session;
		// Before `followCursor`: it is told of an edit before the session is.
		this.#mannersWatcher = this.#store.add(new MannersWatcher(this.#manners));
		// Edits also move the cursor, or else VS Code sends a new request: following the selection is enough.
		const followCursor = (): void =>
			session.movedTo(currentPlace(), currentSnapshot);
		for (const it of [
			onDidInvalidate(() => session.clear()),
			autoSuggest.onDidChange(() => {
				// Running requests are no longer wanted.
				if (autoSuggest.reasonFor(vscode.window.activeTextEditor?.document))
					session.clear();
			}),
			toDisposable(() => session.clear()),
			vscode.window.onDidChangeTextEditorSelection(followCursor),
			vscode.window.onDidChangeActiveTextEditor(followCursor),
			vscode.commands.registerCommand(acceptedCommand, () => {
				session.acceptedAt(currentPlace());
				confidence.accepted();
			}),
			vscode.languages.registerInlineCompletionItemProvider(selector, this),
		])
			this.#store.add(it);
	}

	/** Evaluates the next prompt in this editor, in an idle moment. False where a completion is running. */
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
			startMs < this.#offered.untilMs &&
			samePlace(this.#offered.place, placeAt(document, position));
		// VS Code 1.104 reports offers as explicit, too.
		const isExplicit =
			context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke &&
			!isOffer;
		// Explicit requests are always answered, and an offer was requested before.
		const reason =
			isExplicit || isOffer
				? undefined
				: this.#options.autoSuggest.reasonFor(document);
		const { items, outcome, work } = reason
			? none(reason)
			: await this.#provide(document, position, context, token, isExplicit);
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

	async #provide(
		document: vscode.TextDocument,
		position: vscode.Position,
		context: vscode.InlineCompletionContext,
		token: vscode.CancellationToken,
		isExplicit: boolean,
	): Promise<ProvidedItems> {
		const target = targetOf(document, position, context, (snapshot) =>
			this.#session.cached(snapshot),
		);
		const objection = isExplicit
			? undefined
			: this.#manners.objectionTo(target.snapshot);
		if (objection) return this.#hold(objection);
		const signal = abortSignal(token);
		if (!isExplicit) this.#serverNames.lookAhead(document, position);
		const suggestion = await this.#session.suggest(target.snapshot, {
			signal,
			isExplicit,
		});
		const { work } = suggestion;
		if (token.isCancellationRequested) return none({ kind: "cancelled" }, work);
		if (suggestion.kind === "none") return this.#hold(suggestion.reason, work);
		const kept = isExplicit
			? suggestion.text
			: await this.#names.kept(target.snapshot, suggestion, async () =>
					// The document is not what is completed while an entry of the suggest widget is selected.
					context.selectedCompletionInfo
						? undefined
						: this.#serverNames.offeredAt(document, position),
				);
		if (token.isCancellationRequested) return none({ kind: "cancelled" }, work);
		const place = linePlaceOf(target, position);
		const onScreen = this.#manners.leftOnScreen(place);
		// What is known of names may change at any key, and what is on screen may not while it is typed through.
		const text =
			onScreen !== undefined &&
			suggestion.text.startsWith(onScreen) &&
			!kept.startsWith(onScreen)
				? onScreen
				: kept;
		if (text === "") return this.#hold({ kind: "unresolvedName" }, work);
		const { source } = suggestion;
		const objectionToText = isExplicit
			? undefined
			: this.#manners.objectionToText(place, text);
		if (objectionToText) return this.#hold(objectionToText, work);
		const others = isExplicit
			? await this.#session.alternatives(
					target.snapshot,
					text,
					alternativeCount,
					AbortSignal.any([signal, AbortSignal.timeout(alternativesMs)]),
				)
			: [];
		const { onSuggestion, confidence } = this.#options;
		const given = { ...suggestion, text };
		onSuggestion(given);
		confidence.shown(isExplicit ? undefined : given);
		this.#manners.shown(place, text, performance.now());
		this.#mannersWatcher.update();
		return {
			items: [text, ...others].map((it) =>
				itemFor(it, target, acceptedCommand),
			),
			outcome: { kind: "suggested", characters: text.length, source },
			work,
		};
	}

	/** Nothing for the editor, which removes what it shows. */
	#hold(reason: NoSuggestionReason, work?: CompletionWork): ProvidedItems {
		if (reason.kind !== "cancelled") {
			this.#manners.hidden();
			this.#session.withheld();
		}
		this.#mannersWatcher.update();
		return none(reason, work);
	}

	async #offer(place: Place, isMore: boolean): Promise<void> {
		const here = currentPlace();
		if (!here || !samePlace(here, place)) return;
		const { log } = this.#options;
		log.debug("offering a late suggestion, or the rest of one");
		const offered = { place, untilMs: performance.now() + offerMs };
		this.#offered = offered;
		const { executeCommand } = vscode.commands;
		try {
			// VS Code does not request again while a suggestion is shown.
			if (isMore) await executeCommand("editor.action.inlineSuggest.hide");
			// A cache hit. VS Code 1.104 ignores the argument, which does no harm.
			await executeCommand("editor.action.inlineSuggest.trigger", {
				explicit: false,
			});
		} catch (thrown) {
			log.debug(`could not offer it: ${messageOf(thrown)}`);
		} finally {
			if (this.#offered === offered) this.#offered = undefined;
		}
	}
}

function none(
	reason: NoSuggestionReason,
	work?: CompletionWork,
): ProvidedItems {
	return { outcome: { kind: "none", reason }, work };
}
