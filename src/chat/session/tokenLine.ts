/** Keeps the view told of what the next question would take, as it is being written. */

import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import type { Message, Question } from "../../protocol/conversation.ts";
import { parseMentions } from "../attachments/mentions.ts";
import type {
	ChatContextSource,
	ChatEngine,
	PostToView,
	SetTimer,
} from "../chatPorts.ts";
import {
	type PromptPlan,
	planQuestion,
	totalsOf,
} from "../prompt/questionPlan.ts";
import { subjectOf, wordQuestion } from "../prompt/slashCommands.ts";
import type { TurnCounter } from "../prompt/turnCounter.ts";

export interface TokenLineOptions {
	readonly engine: ChatEngine;
	readonly context: ChatContextSource;
	readonly counter: TurnCounter;
	/** What is visible of the conversation. */
	readonly path: () => readonly Message[];
	readonly post: PostToView;
	readonly setTimer: SetTimer;
}

type Offered = Awaited<ReturnType<ChatContextSource["attachmentsFor"]>>;

/** Between keys of a fast typist nothing is counted. */
const pauseMs = 150;

export class TokenLine implements Disposable {
	readonly #options: TokenLineOptions;
	readonly #store = new DisposableStore();
	/** Of what is attached, by its label. */
	#attachedTokens: ReadonlyMap<string, number> = new Map();
	/** What goes along with the chips as they are and these mentions: to read it may take git, a language server and a hundred files. */
	#read: { readonly mentions: string; readonly offered: Offered } | undefined;
	#input = "";
	#timer: Disposable | undefined;
	/** Counts what was asked for: only the last is shown. */
	#latestRequest = 0;

	constructor(options: TokenLineOptions) {
		this.#options = options;
		const { engine, context } = options;
		this.#store.add(
			context.onDidChange(() => {
				this.#read = undefined;
				this.showChips();
				this.update();
			}),
		);
		this.#store.add(engine.onDidChangeModel(() => this.update()));
	}

	setInput(text: string): void {
		this.#input = text;
		this.update();
	}

	/** Counts anew, after a pause. */
	update(): void {
		this.#timer?.dispose();
		const wish = ++this.#latestRequest;
		this.#timer = this.#options.setTimer(
			// What cannot go along is told when it is sent.
			() => void this.#count(wish).catch(() => {}),
			pauseMs,
		);
	}

	/** What is sent, in place of what was thought to be. */
	show(plan: PromptPlan): void {
		this.#read = undefined;
		this.#show(plan);
	}

	#show(plan: PromptPlan): void {
		this.#latestRequest++;
		this.#timer?.dispose();
		const { room, sizes } = plan;
		const { isExact } = sizes;
		this.#options.post({ kind: "tokens", ...totalsOf(plan), room, isExact });
	}

	showChips(): void {
		const chips = this.#options.context.chips().map((chip) => ({
			...chip,
			tokens: chip.tokens ?? this.#attachedTokens.get(chip.label) ?? null,
		}));
		this.#options.post({ kind: "context", chips });
	}

	dispose(): void {
		this.#timer?.dispose();
		this.#latestRequest++;
		this.#store.dispose();
	}

	/** As it was at the last look, as long as the same is named: it is read afresh when it is sent. */
	async #offeredWith(text: string): Promise<Offered> {
		const mentions = JSON.stringify(
			parseMentions(text).map(({ kind, name }) => [kind, name]),
		);
		if (this.#read?.mentions === mentions) return this.#read.offered;
		const offered = await this.#options.context.attachmentsFor(text);
		this.#read = { mentions, offered };
		return offered;
	}

	async #count(wish: number): Promise<void> {
		const { engine, counter, path } = this.#options;
		const text = this.#input;
		const offered = await this.#offeredWith(text);
		// What it refers to may be half written: that is told when it is sent.
		const attachments = offered.ok ? offered.value : [];
		const worded = wordQuestion(text, subjectOf(attachments));
		const question: Question = {
			role: "user",
			id: "",
			parent: null,
			askedAtMs: 0,
			text,
			prompt: worded.ok ? worded.value.prompt : text,
			attachments: [],
		};
		const plan = await planQuestion(
			path(),
			question,
			attachments,
			engine.model,
			counter,
		);
		if (wish !== this.#latestRequest) return;
		const parts = plan.sizes.exchanges.at(-1)?.attachments ?? [];
		this.#attachedTokens = new Map(
			parts.map(({ label, tokens }) => [label, tokens]),
		);
		this.#show(plan);
		this.showChips();
	}
}
