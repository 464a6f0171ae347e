/** Reports to the view how many tokens the next question takes, while it is being typed. */

import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import type { SetTimer } from "../../base/timers.ts";
import type { Message, Question } from "../../protocol/conversation.ts";
import { parseMentions } from "../attachments/mentions.ts";
import { namesInQuestion } from "../attachments/namedInQuestion.ts";
import type {
	ChatModelSource,
	ContextSource,
	PostToView,
} from "../chatPorts.ts";
import {
	type PromptPlan,
	planQuestion,
	promptTotals,
} from "../prompt/questionPlan.ts";
import { expandSlashCommand, subjectOf } from "../prompt/slashCommands.ts";
import type { TurnCounter } from "../prompt/turnCounter.ts";

export interface TokenUsageReporterOptions {
	readonly model: ChatModelSource;
	readonly context: ContextSource;
	readonly counter: TurnCounter;
	/** The visible messages of the conversation. */
	readonly path: () => readonly Message[];
	readonly post: PostToView;
	readonly setTimer: SetTimer;
}

type Attachments = Awaited<ReturnType<ContextSource["attachmentsFor"]>>;

/** Debounces counting: longer than the gap between two keys of a fast typist. */
const debounceMs = 150;

export class TokenUsageReporter implements Disposable {
	readonly #options: TokenUsageReporterOptions;
	readonly #store = new DisposableStore();
	/** The tokens of each attachment, by its label. */
	#attachedTokens: ReadonlyMap<string, number> = new Map();
	/** The attachments for the present chips and these mentions, cached: reading them may take git, a language server and a hundred files. */
	#cached:
		| { readonly mentions: string; readonly attachments: Attachments }
		| undefined;
	#input = "";
	#timer: Disposable | undefined;
	/** Counts the requests: only the result of the latest one is shown. */
	#latestRequest = 0;

	constructor(options: TokenUsageReporterOptions) {
		this.#options = options;
		const { model, context } = options;
		this.#store.add(
			context.onDidChange(() => {
				this.#cached = undefined;
				this.showChips();
				this.update();
			}),
		);
		this.#store.add(model.onDidChange(() => this.update()));
	}

	setInput(text: string): void {
		this.#input = text;
		this.update();
	}

	/** Counts again, debounced. */
	update(): void {
		this.#timer?.dispose();
		const request = ++this.#latestRequest;
		this.#timer = this.#options.setTimer(
			// Attachments that cannot be read are reported when the question is sent.
			() => void this.#count(request).catch(() => {}),
			debounceMs,
		);
	}

	/** Shows the prompt that is sent in place of the estimate. */
	show(plan: PromptPlan): void {
		this.#cached = undefined;
		this.#show(plan);
	}

	#show(plan: PromptPlan): void {
		this.#latestRequest++;
		this.#timer?.dispose();
		const { budgetTokens, sizes } = plan;
		const { isExact } = sizes;
		this.#options.post({
			kind: "tokens",
			...promptTotals(plan),
			budgetTokens,
			isExact,
		});
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

	/** Cached while the mentions and names stay the same; sending reads them again. */
	async #attachmentsFor(text: string): Promise<Attachments> {
		const mentions = JSON.stringify([
			parseMentions(text).map(({ kind, name }) => [kind, name]),
			namesInQuestion(text),
		]);
		if (this.#cached?.mentions === mentions) return this.#cached.attachments;
		const attachments = await this.#options.context.attachmentsFor(text);
		this.#cached = { mentions, attachments };
		return attachments;
	}

	async #count(request: number): Promise<void> {
		const { model, counter, path } = this.#options;
		const text = this.#input;
		const found = await this.#attachmentsFor(text);
		// A mention may be half typed: errors are reported when the question is sent.
		const attachments = found.ok ? found.value : [];
		const expanded = expandSlashCommand(text, subjectOf(attachments));
		const question: Question = {
			role: "user",
			id: "",
			parent: null,
			askedAtMs: 0,
			text,
			prompt: expanded.ok ? expanded.value.prompt : text,
			attachments: [],
		};
		const plan = await planQuestion(
			path(),
			question,
			attachments,
			model.current,
			counter,
		);
		if (request !== this.#latestRequest) return;
		const parts = plan.sizes.exchanges.at(-1)?.attachments ?? [];
		this.#attachedTokens = new Map(
			parts.map(({ label, tokens }) => [label, tokens]),
		);
		this.#show(plan);
		this.showChips();
	}
}
