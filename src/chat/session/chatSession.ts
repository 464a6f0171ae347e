/**
 * A chat from its first question on: what the view asks for becomes transitions of the conversation, and what the model says goes to the view.
 *
 * Invariants: at most one answer runs, and what comes of one that was stopped changes nothing. What changes the conversation is done one by
 * one, in the order in which it was asked for; stopping waits for nothing.
 */

import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import { SerialQueue } from "../../base/serialQueue.ts";
import type { Suggestion, SuggestionKind } from "../../protocol/chatView.ts";
import type {
	Attachment,
	Conversation,
	Question,
} from "../../protocol/conversation.ts";
import {
	createError,
	type HeadroomError,
	messageOf as whyOf,
} from "../../protocol/errors.ts";
import type { GenerationEnd } from "../../protocol/generation.ts";
import type {
	ChatContextSource,
	ChatEngine,
	ConversationPort,
	Describe,
	PostToView,
	SetTimer,
} from "../chatPorts.ts";
import {
	answeredBy,
	appended,
	ask,
	branchesAt,
	edit,
	failed,
	finished,
	messageOf,
	type NewAnswer,
	regenerate,
	selectBranch,
	stopped,
	visiblePath,
} from "../conversation/conversation.ts";
import { historyPage } from "../conversation/history.ts";
import {
	type CurrentId,
	KeptConversation,
} from "../conversation/keptConversation.ts";
import { messagePage, viewMessage } from "../conversation/viewMessages.ts";
import { type CodeBlock, codeBlocksOf } from "../edit/codeBlocks.ts";
import { planQuestion } from "../prompt/questionPlan.ts";
import { subjectOf, wordQuestion } from "../prompt/slashCommands.ts";
import { TurnCounter } from "../prompt/turnCounter.ts";
import { ChunkBatcher } from "./chunkBatcher.ts";
import { runAnswer } from "./runAnswer.ts";
import { TokenLine } from "./tokenLine.ts";

export interface ChatSessionOptions {
	readonly engine: ChatEngine;
	readonly store: ConversationPort;
	readonly context: ChatContextSource;
	readonly currentId: CurrentId;
	readonly post: PostToView;
	readonly describe: Describe;
	/** Where the engine keeps what it has evaluated; null keeps nothing. */
	readonly stateFile: string | null;
	/** Unique. */
	readonly newId: () => string;
	readonly now: () => number;
	readonly setTimer: SetTimer;
}

export interface AnsweredCode {
	/** Of the file that the answer names for it; null where it names none. */
	readonly path: string | null;
	/** Of the question, or else of the last one before it that had some. */
	readonly attachments: readonly Attachment[];
}

/** An answer under way. */
interface Run {
	readonly answerId: string;
	readonly controller: AbortController;
	readonly batcher: ChunkBatcher;
}

/** So much of an answer may be lost with the window. */
const saveEveryMs = 5_000;

export class ChatSession implements Disposable {
	readonly #options: ChatSessionOptions;
	readonly #kept: KeptConversation;
	readonly #counter: TurnCounter;
	readonly #tokenLine: TokenLine;
	readonly #store = new DisposableStore();
	#run: Run | undefined;
	#saveTimer: Disposable | undefined;
	/** What the history shows: it is shown anew when something of it is deleted. */
	#historyQuery = "";
	/** Counts what was looked for: only for the last one the search goes on. */
	#historyWish = 0;
	readonly #queue = new SerialQueue();

	constructor(options: ChatSessionOptions) {
		const { engine, store, context, currentId, newId, now, post } = options;
		this.#options = options;
		this.#kept = new KeptConversation({
			store,
			currentId,
			newId,
			now,
			onProblem: (error) => this.#tell(error),
		});
		this.#counter = new TurnCounter(engine);
		this.#tokenLine = this.#store.add(
			new TokenLine({
				engine,
				context,
				counter: this.#counter,
				path: () => visiblePath(this.#kept.current),
				post,
				setTimer: options.setTimer,
			}),
		);
		void this.#queue.run(() => this.#kept.restore());
	}

	/** The view is there, and knows nothing. */
	ready(): Promise<void> {
		return this.#queue.run(async () => {
			this.#tokenLine.showChips();
			this.#showConversation();
			this.#tokenLine.update();
		});
	}

	//#region Questions and answers
	/** @param editedId of the question whose place it takes, as a branch. */
	ask(text: string, editedId?: string): Promise<void> {
		return this.#queue.run(async () => {
			const question = await this.#questionOf(text, editedId);
			if (!question) {
				this.#options.post({
					kind: "focusInput",
					text,
					...(editedId !== undefined && { editedId }),
				});
				return;
			}
			this.#stopNow();
			const { id: questionId } = question;
			const asked = { ...question, questionId, ...this.#newAnswer() };
			const before = this.#kept.current;
			const next =
				editedId === undefined
					? ask(before, asked)
					: edit(before, editedId, asked);
			// A question that is gone has no place to be taken.
			if (next === before) return;
			this.#start(next, asked.answerId);
			this.#options.context.asked();
			this.#tokenLine.setInput("");
		});
	}

	regenerate(messageId: string): Promise<void> {
		return this.#queue.run(async () => {
			this.#stopNow();
			const answer = this.#newAnswer();
			const next = regenerate(this.#kept.current, messageId, answer);
			if (next !== this.#kept.current) this.#start(next, answer.answerId);
		});
	}

	/** What came of the answer so far stays. */
	stop(): void {
		if (!this.#stopNow()) return;
		this.#tokenLine.update();
		void this.#kept.save();
	}

	selectBranch(messageId: string, offset: -1 | 1): Promise<void> {
		return this.#queue.run(async () => {
			const branches = branchesAt(this.#kept.current, messageId);
			const branch = branches[branches.indexOf(messageId) + offset];
			if (branch === undefined) return;
			this.#stopNow();
			this.#kept.set(selectBranch(this.#kept.current, branch));
			this.#showConversation();
			this.#tokenLine.update();
			await this.#kept.save();
		});
	}
	//#endregion

	//#region Conversations
	newConversation(): Promise<void> {
		return this.#queue.run(async () => {
			await this.#leave();
			this.#kept.begin();
			this.#showAnother();
		});
	}

	openConversation(id: string): Promise<void> {
		return this.#queue.run(async () => {
			await this.#leave();
			if (await this.#kept.open(id)) this.#showAnother();
		});
	}

	deleteConversation(id: string): Promise<void> {
		return this.#queue.run(async () => {
			const isCurrent = id === this.#kept.current.id;
			if (isCurrent) this.#stopNow();
			await this.#kept.delete(id);
			if (isCurrent) this.#showAnother();
			await this.openHistory(this.#historyQuery, 0);
		});
	}

	/** One that is shown, or any other; undefined where it cannot be read. */
	conversation(id = this.#kept.current.id): Promise<Conversation | undefined> {
		return this.#kept.read(id);
	}

	/** A page of what was said before. */
	earlier(beforeId: string): void {
		const { post, describe } = this.#options;
		const page = messagePage(this.#kept.current, describe, beforeId);
		post({ kind: "earlier", beforeId, ...page });
	}

	async openHistory(query: string, offset: number): Promise<void> {
		this.#historyQuery = query;
		const { store, post } = this.#options;
		const wish = ++this.#historyWish;
		const page = await historyPage(
			store,
			query,
			offset,
			() => wish === this.#historyWish,
		);
		if (!page) return;
		const { entries, hasMore, problems } = page;
		post({ kind: "history", query, offset, entries, hasMore });
		for (const problem of problems) this.#tell(problem);
	}
	//#endregion

	//#region The input
	inputChanged(text: string): void {
		this.#tokenLine.setInput(text);
	}

	async suggest(of: SuggestionKind, query: string): Promise<void> {
		const { context, post } = this.#options;
		const items: readonly Suggestion[] = await context.suggestionsFor(
			of,
			query,
		);
		post({ kind: "suggestions", query, items });
	}
	//#endregion

	/** A code block of an answer, with what it may be about. */
	codeBlock(messageId: string, index: number, code: string): AnsweredCode {
		const { current } = this.#kept;
		const blocks = codeBlocksOf(messageOf(current, messageId)?.text ?? "");
		const isIt = ({ text }: CodeBlock): boolean => text.trim() === code.trim();
		const at = blocks[index];
		const block = at && isIt(at) ? at : blocks.find(isIt);
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
		this.#saveTimer?.dispose();
		this.#store.dispose();
	}

	/** Undefined where it cannot be asked, which is told then. */
	async #questionOf(
		text: string,
		editedId: string | undefined,
	): Promise<Omit<Question, "role" | "parent" | "askedAtMs"> | undefined> {
		const { context, engine, newId } = this.#options;
		const offered = await context.attachmentsFor(text);
		if (!offered.ok) return this.#tell(offered.error);
		const worded = wordQuestion(text, subjectOf(offered.value));
		if (!worded.ok) return this.#tell(worded.error);
		const question: Question = {
			role: "user",
			id: newId(),
			parent: null,
			askedAtMs: 0,
			text,
			prompt: worded.value.prompt,
			attachments: [],
		};
		const path = visiblePath(this.#kept.current);
		const edited = path.findIndex(({ id }) => id === editedId);
		const { attachments } = await planQuestion(
			edited < 0 ? path : path.slice(0, edited),
			question,
			offered.value,
			engine.model,
			this.#counter,
		);
		return { ...question, attachments };
	}

	#newAnswer(): NewAnswer {
		const { newId, now, engine } = this.#options;
		const model = engine.model?.name ?? "";
		return { answerId: newId(), atMs: now(), model };
	}

	#start(conversation: Conversation, answerId: string): void {
		const { setTimer } = this.#options;
		const run: Run = {
			answerId,
			controller: new AbortController(),
			batcher: new ChunkBatcher(setTimer, ({ segment, text }) => {
				this.#kept.set(appended(this.#kept.current, answerId, segment, text));
				this.#options.post({
					kind: "chunk",
					messageId: answerId,
					segment,
					text,
				});
			}),
		};
		const before = this.#kept.current;
		this.#kept.set(conversation);
		this.#run = run;
		// The view takes new messages at the end; a title or another branch only with the whole.
		const goesOn =
			visiblePath(conversation).at(-3)?.id === before.leaf &&
			before.title === conversation.title;
		if (goesOn)
			for (const { id } of visiblePath(conversation).slice(-2))
				this.#showMessage(id);
		else this.#showConversation();
		void this.#kept.save();
		this.#saveNowAndThen(run);
		void this.#answer(run);
	}

	async #answer(run: Run): Promise<void> {
		const { engine, stateFile } = this.#options;
		const { answerId, controller, batcher } = run;
		const isRunning = (): boolean => this.#run === run;
		const end = await runAnswer(
			{
				conversation: this.#kept.current,
				answerId,
				stateFile,
				signal: controller.signal,
			},
			engine,
			this.#counter,
			{
				onModel: ({ name }) => {
					if (isRunning())
						this.#kept.set(answeredBy(this.#kept.current, answerId, name));
				},
				onPlan: (plan) => {
					if (isRunning()) this.#tokenLine.show(plan);
				},
				onChunk: (chunk) => {
					if (isRunning()) batcher.add(chunk);
				},
			},
		).catch((thrown): GenerationEnd => {
			const error = createError("generationFailed", {
				why: whyOf(thrown),
			});
			return { kind: "failed", error };
		});
		if (!isRunning()) return;
		batcher.flush();
		this.#run = undefined;
		this.#kept.set(ended(this.#kept.current, answerId, end));
		this.#showMessage(answerId);
		this.#tokenLine.update();
		await this.#kept.save();
	}

	#saveNowAndThen(run: Run): void {
		this.#saveTimer?.dispose();
		this.#saveTimer = this.#options.setTimer(() => {
			if (this.#run !== run) return;
			void this.#kept.save();
			this.#saveNowAndThen(run);
		}, saveEveryMs);
	}

	/** @returns whether an answer was running. */
	#stopNow(): boolean {
		const run = this.#run;
		if (!run) return false;
		run.batcher.flush();
		this.#run = undefined;
		run.controller.abort();
		this.#kept.set(stopped(this.#kept.current, run.answerId));
		this.#showMessage(run.answerId);
		return true;
	}

	async #leave(): Promise<void> {
		if (this.#stopNow()) await this.#kept.save();
	}

	#showAnother(): void {
		this.#counter.forget();
		this.#showConversation();
		this.#tokenLine.update();
	}

	#showConversation(): void {
		const { post, describe } = this.#options;
		const { current } = this.#kept;
		const { id, title } = current;
		const page = messagePage(current, describe);
		post({ kind: "conversation", id, title, ...page });
	}

	#showMessage(id: string): void {
		const { post, describe } = this.#options;
		const { current } = this.#kept;
		const message = messageOf(current, id);
		if (message)
			post({
				kind: "messageChanged",
				message: viewMessage(current, message, describe),
			});
	}

	#tell(error: HeadroomError): undefined {
		const { post, describe } = this.#options;
		post({ kind: "notice", severity: "error", text: describe(error) });
	}
}

function ended(
	conversation: Conversation,
	answerId: string,
	end: GenerationEnd,
): Conversation {
	switch (end.kind) {
		case "done":
			return finished(conversation, answerId, end.stopReason);
		case "cancelled":
			return stopped(conversation, answerId);
		case "failed":
			return failed(conversation, answerId, end.error);
	}
}
