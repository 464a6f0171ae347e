/**
 * A chat: what the view requests becomes transitions of the conversation, and the answers go to the view.
 *
 * Invariant: changes of the conversation run one at a time, in the order of the requests; stopping waits for none of them.
 */

import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import { SerialQueue } from "../../base/serialQueue.ts";
import type { SetTimer } from "../../base/timers.ts";
import type { Attachment } from "../../protocol/attachment.ts";
import type { SuggestionKind } from "../../protocol/chatView.ts";
import type { Conversation, Question } from "../../protocol/conversation.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type {
	ChatEngine,
	ChatModelSource,
	ContextSource,
	ConversationPort,
	Describe,
	PostToView,
} from "../chatPorts.ts";
import {
	ask,
	branchesAt,
	edit,
	findMessage,
	type NewAnswer,
	regenerate,
	selectBranch,
	visiblePath,
} from "../conversation/conversation.ts";
import {
	CurrentConversation,
	type CurrentId,
} from "../conversation/currentConversation.ts";
import { historyPage } from "../conversation/history.ts";
import { type CodeBlock, codeBlocksOf } from "../edit/codeBlocks.ts";
import { planQuestion } from "../prompt/questionPlan.ts";
import { expandSlashCommand, subjectOf } from "../prompt/slashCommands.ts";
import { TurnCounter } from "../prompt/turnCounter.ts";
import { Answering } from "./answering.ts";
import { ConversationPresenter } from "./conversationPresenter.ts";
import { TokenUsageReporter } from "./tokenUsageReporter.ts";

export interface ChatSessionOptions {
	readonly model: ChatModelSource;
	readonly engine: ChatEngine;
	readonly store: ConversationPort;
	readonly context: ContextSource;
	readonly currentId: CurrentId;
	readonly post: PostToView;
	readonly describe: Describe;
	/** Where the engine keeps the KV snapshot; null keeps none. */
	readonly stateFile: string | null;
	/** Deletes that snapshot. */
	readonly deleteState: () => Promise<void>;
	/** Unique. */
	readonly newId: () => string;
	readonly now: () => number;
	readonly setTimer: SetTimer;
}

/** Hints where the code of an answer belongs. */
export interface CodeHints {
	/** The file that the answer names for the code; null if it names none. */
	readonly path: string | null;
	/** Of the question, or else of the last question before it that had any. */
	readonly attachments: readonly Attachment[];
}

export class ChatSession implements Disposable {
	readonly #options: ChatSessionOptions;
	readonly #conversation: CurrentConversation;
	readonly #presenter: ConversationPresenter;
	readonly #counter: TurnCounter;
	readonly #answering: Answering;
	readonly #tokenUsage: TokenUsageReporter;
	readonly #store = new DisposableStore();
	readonly #queue = new SerialQueue();
	/** The query of the history that is shown: it is shown again after a deletion. */
	#historyQuery = "";
	/** Counts the searches: only the latest one goes on. */
	#latestSearch = 0;

	constructor(options: ChatSessionOptions) {
		const { model, engine, store, context, currentId, setTimer } = options;
		const { deleteState, stateFile, newId, now, post, describe } = options;
		this.#options = options;
		this.#conversation = new CurrentConversation({
			store,
			deleteState,
			currentId,
			newId,
			now,
			onProblem: (error) => this.#showError(error),
		});
		this.#presenter = new ConversationPresenter(
			this.#conversation,
			post,
			describe,
		);
		this.#counter = new TurnCounter(model, engine);
		this.#tokenUsage = this.#store.add(
			new TokenUsageReporter({
				model,
				context,
				counter: this.#counter,
				path: () => visiblePath(this.#conversation.current),
				post,
				setTimer,
			}),
		);
		this.#answering = new Answering({
			sources: { model, engine, counter: this.#counter, stateFile },
			conversation: this.#conversation,
			presenter: this.#presenter,
			post,
			setTimer,
			onPlan: (plan) => this.#tokenUsage.show(plan),
			onEnd: () => this.#tokenUsage.update(),
		});
		void this.#queue.run(() => this.#conversation.restore());
	}

	/** A new page is there: shows it everything. */
	ready(): Promise<void> {
		return this.#queue.run(async () => {
			this.#tokenUsage.showChips();
			this.#presenter.show();
			this.#tokenUsage.update();
		});
	}

	//#region Questions and answers
	/** @param editedId the question that this one replaces, on a new branch. */
	ask(text: string, editedId?: string): Promise<void> {
		return this.#queue.run(async () => {
			const question = await this.#prepareQuestion(text, editedId);
			if (!question) {
				this.#options.post({
					kind: "focusInput",
					text,
					...(editedId !== undefined && { editedId }),
				});
				return;
			}
			this.#answering.stop();
			const { id: questionId } = question;
			const asked = { ...question, questionId, ...this.#newAnswer() };
			const before = this.#conversation.current;
			const next =
				editedId === undefined
					? ask(before, asked)
					: edit(before, editedId, asked);
			// The edited question may be gone.
			if (next === before) return;
			this.#answering.start(next, asked.answerId);
			this.#options.context.onQuestionSent();
			this.#tokenUsage.setInput("");
		});
	}

	regenerate(messageId: string): Promise<void> {
		return this.#queue.run(async () => {
			this.#answering.stop();
			const { current } = this.#conversation;
			const answer = this.#newAnswer();
			const next = regenerate(current, messageId, answer);
			if (next !== current) this.#answering.start(next, answer.answerId);
		});
	}

	/** Keeps what was generated so far. */
	stop(): void {
		if (!this.#answering.stop()) return;
		this.#tokenUsage.update();
		void this.#conversation.save();
	}

	selectBranch(messageId: string, offset: -1 | 1): Promise<void> {
		return this.#queue.run(async () => {
			const branches = branchesAt(this.#conversation.current, messageId);
			const branch = branches[branches.indexOf(messageId) + offset];
			if (branch === undefined) return;
			this.#answering.stop();
			this.#conversation.set(selectBranch(this.#conversation.current, branch));
			this.#presenter.show();
			this.#tokenUsage.update();
			await this.#conversation.save();
		});
	}
	//#endregion

	//#region Conversations
	newConversation(): Promise<void> {
		return this.#queue.run(async () => {
			await this.#leave();
			this.#conversation.begin();
			this.#showAnother();
		});
	}

	openConversation(id: string): Promise<void> {
		return this.#queue.run(async () => {
			await this.#leave();
			if (await this.#conversation.open(id)) this.#showAnother();
		});
	}

	deleteConversation(id: string): Promise<void> {
		return this.#queue.run(async () => {
			const isCurrent = id === this.#conversation.current.id;
			if (isCurrent) this.#answering.stop();
			await this.#conversation.delete(id);
			if (isCurrent) this.#showAnother();
			await this.openHistory(this.#historyQuery, 0);
		});
	}

	/** @param id the current conversation's by default. @returns undefined if it cannot be read. */
	conversation(
		id = this.#conversation.current.id,
	): Promise<Conversation | undefined> {
		return this.#conversation.read(id);
	}

	showEarlier(beforeId: string): void {
		this.#presenter.showEarlier(beforeId);
	}

	async openHistory(query: string, offset: number): Promise<void> {
		this.#historyQuery = query;
		const { store, post } = this.#options;
		const search = ++this.#latestSearch;
		const page = await historyPage(
			store,
			query,
			offset,
			() => search === this.#latestSearch,
		);
		if (!page) return;
		const { entries, hasMore, problems } = page;
		post({ kind: "history", query, offset, entries, hasMore });
		for (const problem of problems) this.#showError(problem);
	}
	//#endregion

	//#region The input
	inputChanged(text: string): void {
		this.#tokenUsage.setInput(text);
	}

	async suggest(of: SuggestionKind, query: string): Promise<void> {
		const { context, post } = this.#options;
		const items = await context.suggestionsFor(of, query);
		post({ kind: "suggestions", query, items });
	}
	//#endregion

	codeHints(messageId: string, blockIndex: number, code: string): CodeHints {
		const { current } = this.#conversation;
		const blocks = codeBlocksOf(findMessage(current, messageId)?.text ?? "");
		const hasCode = ({ text }: CodeBlock): boolean =>
			text.trim() === code.trim();
		const at = blocks[blockIndex];
		const block = at && hasCode(at) ? at : blocks.find(hasCode);
		const path = visiblePath(current);
		const asked = path
			.slice(0, path.findIndex(({ id }) => id === messageId) + 1)
			.findLast((it) => it.role === "user" && it.attachments.length > 0);
		return {
			path: block?.path ?? null,
			attachments: asked?.role === "user" ? asked.attachments : [],
		};
	}

	dispose(): void {
		this.stop();
		this.#answering.dispose();
		this.#store.dispose();
	}

	/** Undefined if the question cannot be sent; the user is told why. */
	async #prepareQuestion(
		text: string,
		editedId: string | undefined,
	): Promise<Omit<Question, "role" | "parent" | "askedAtMs"> | undefined> {
		const { context, model, newId } = this.#options;
		const offered = await context.attachmentsFor(text);
		if (!offered.ok) return this.#showError(offered.error);
		const expanded = expandSlashCommand(text, subjectOf(offered.value));
		if (!expanded.ok) return this.#showError(expanded.error);
		const question: Question = {
			role: "user",
			id: newId(),
			parent: null,
			askedAtMs: 0,
			text,
			prompt: expanded.value.prompt,
			attachments: [],
		};
		const path = visiblePath(this.#conversation.current);
		const edited = path.findIndex(({ id }) => id === editedId);
		const { attachments } = await planQuestion(
			edited < 0 ? path : path.slice(0, edited),
			question,
			offered.value,
			model.current,
			this.#counter,
		);
		return { ...question, attachments };
	}

	#newAnswer(): NewAnswer {
		const { newId, now, model } = this.#options;
		const name = model.current?.name ?? "";
		return { answerId: newId(), atMs: now(), model: name };
	}

	async #leave(): Promise<void> {
		if (this.#answering.stop()) await this.#conversation.save();
	}

	#showAnother(): void {
		this.#counter.forget();
		this.#presenter.show();
		this.#tokenUsage.update();
	}

	#showError(error: HeadroomError): undefined {
		const { post, describe } = this.#options;
		post({ kind: "notice", severity: "error", text: describe(error) });
	}
}
