/** Connects the chat's view to the session, the editor and the models. */

import * as vscode from "vscode";
import { assertNever } from "../../base/assert.ts";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import { failure, type Result } from "../../base/result.ts";
import { setRealTimer } from "../../base/timers.ts";
import { exportMarkdown } from "../../chat/conversation/exportMarkdown.ts";
import {
	ChatSession,
	type ChatSessionOptions,
} from "../../chat/session/chatSession.ts";
import { chatStrings } from "../../protocol/chatStrings.ts";
import type { FromChatView, ToChatView } from "../../protocol/chatView.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import { describeError, localize } from "../platform/localize.ts";
import type { ChatOffers } from "./chatOffers.ts";
import type { AnswerActions } from "./edits/answerActions.ts";
import {
	currentTokenTheme,
	onDidChangeTokenTheme,
} from "./theme/tokenTheme.ts";

export interface ChatPanelOptions
	extends Pick<
		ChatSessionOptions,
		| "model"
		| "engine"
		| "store"
		| "context"
		| "currentId"
		| "stateFile"
		| "deleteState"
	> {
	readonly actions: AnswerActions;
	readonly offers: ChatOffers;
	readonly log: Log;
}

type Message<Kind extends FromChatView["kind"]> = Extract<
	FromChatView,
	{ readonly kind: Kind }
>;

export class ChatPanel implements Disposable {
	readonly #options: ChatPanelOptions;
	readonly #store = new DisposableStore();
	readonly #session: ChatSession;
	/** Posts to the view; undefined while there is none. */
	#send: ((message: ToChatView) => void) | undefined;
	/** The page has loaded, and listens. */
	#isReady = false;
	#wantsFocus = false;
	/** Counts the reads of a theme's files: only the latest one is shown. */
	#latestTheme = 0;
	/** Counts the models shown: offers that arrive late are for an earlier one. */
	#latestModel = 0;

	constructor(options: ChatPanelOptions) {
		this.#options = options;
		this.#session = this.#store.add(
			new ChatSession({
				...options,
				post: (message) => this.#post(message),
				describe: describeError,
				newId: () => globalThis.crypto.randomUUID(),
				now: Date.now,
				setTimer: setRealTimer,
			}),
		);
		this.#store.add(
			options.model.onDidChange(() => this.#runInBackground(this.#showModel())),
		);
		this.#store.add(
			onDidChangeTokenTheme(() => this.#runInBackground(this.#showTheme())),
		);
	}

	/** A hidden page is discarded; the next one sends `ready`. @param send undefined when the view is disposed. */
	connect(send: ((message: ToChatView) => void) | undefined): void {
		this.#send = send;
		this.#isReady = false;
	}

	/** Never rejects: errors are shown in the view. */
	async receive(message: FromChatView): Promise<void> {
		try {
			await this.#handle(message);
		} catch (thrown) {
			// The error may hold the user's text, which belongs in no log above trace.
			this.#options.log.error(`chat: ${message.kind} failed`);
			const why = messageOf(thrown);
			this.#options.log.trace(`chat: ${why}`);
			this.#showError(failure(createError("chatFailed", { why })));
		}
	}

	/** Sends the text as a question. */
	ask(text: string): Promise<void> {
		return this.#session.ask(text);
	}

	/** As soon as the page has loaded. */
	focusInput(): void {
		this.#wantsFocus = !this.#isReady;
		this.#post({ kind: "focusInput" });
	}

	stop(): void {
		this.#session.stop();
	}

	newConversation(): Promise<void> {
		return this.#session.newConversation();
	}

	/** Opens the conversation as an untitled document. */
	async exportConversation(id?: string): Promise<void> {
		const conversation = await this.#session.conversation(id);
		if (!conversation) return;
		const { t } = vscode.l10n;
		const content = exportMarkdown(conversation, {
			question: t("Question"),
			answer: (model) =>
				model === "" ? t("Answer") : t("Answer by {model}", { model }),
			attached: (label) => t("Attached: {label}", { label }),
			reasoning: t("Reasoning"),
			stopped: t("Stopped before the end."),
			cutOff: t("The answer reached the end of the context window."),
			error: describeError,
		});
		const document = await vscode.workspace.openTextDocument({
			language: "markdown",
			content,
		});
		await vscode.window.showTextDocument(document);
	}

	dispose(): void {
		this.#store.dispose();
	}

	async #handle(message: FromChatView): Promise<void> {
		const session = this.#session;
		const { offers, context, actions } = this.#options;
		switch (message.kind) {
			case "ready":
				return await this.#ready();
			case "send":
				return await session.ask(message.text);
			case "stop":
				return session.stop();
			case "regenerate":
				return await session.regenerate(message.messageId);
			case "edit":
				return await session.ask(message.text, message.messageId);
			case "selectBranch":
				return await session.selectBranch(message.messageId, message.offset);
			case "copyCode":
			case "copyMessage":
				return await vscode.env.clipboard.writeText(message.text);
			case "insert":
				return this.#showError(await actions.insert(message.code));
			case "apply":
				return await this.#apply(message);
			case "newFile":
				return this.#showError(await actions.newFile(message));
			case "openLink":
				return this.#showError(await actions.openLink(message.href));
			case "removeChip":
				return context.remove(message.id);
			case "suggest":
				return await session.suggest(message.of, message.query);
			case "chooseSuggestion":
				return context.choose(message.id);
			case "openHistory":
				return await session.openHistory(message.query, message.offset);
			case "openConversation":
				return await session.openConversation(message.conversationId);
			case "deleteConversation":
				return await session.deleteConversation(message.conversationId);
			case "exportConversation":
				return await this.exportConversation(message.conversationId);
			case "newConversation":
				return await session.newConversation();
			case "earlier":
				return session.showEarlier(message.beforeId);
			case "chooseOffer":
				return await offers.choose(message.id);
			case "inputChanged":
				return session.inputChanged(message.text);
			default:
				return assertNever(message);
		}
	}

	async #ready(): Promise<void> {
		const strings = Object.fromEntries(
			Object.entries(chatStrings).map(([key, text]) => [
				key,
				localize({ text, values: {} }),
			]),
		);
		this.#post({ kind: "strings", strings });
		await this.#showTheme();
		this.#runInBackground(this.#showModel());
		await this.#session.ready();
		this.#isReady = true;
		if (this.#wantsFocus) this.focusInput();
	}

	/** Logs no error message: it may hold the user's text. */
	#runInBackground(work: Promise<void>): void {
		work.catch(() =>
			this.#options.log.error("chat: the view is not up to date"),
		);
	}

	async #showTheme(): Promise<void> {
		const request = ++this.#latestTheme;
		const theme = await currentTokenTheme();
		if (request === this.#latestTheme) this.#post({ kind: "theme", theme });
	}

	async #showModel(): Promise<void> {
		const request = ++this.#latestModel;
		const { offers } = this.#options;
		const model = this.#options.model.current;
		const name = model?.name ?? vscode.l10n.t("No model loaded yet");
		if (!model?.error) {
			this.#post({ kind: "model", name, cannotChat: null });
			return;
		}
		const sentence = describeError(model.error);
		const show = (found: Awaited<ReturnType<ChatOffers["find"]>>): void =>
			this.#post({
				kind: "model",
				name,
				cannotChat: { sentence, offers: found },
			});
		// Finding offers reads the disk.
		show([]);
		const found = await offers.find();
		if (request === this.#latestModel) show(found);
	}

	async #apply(message: Message<"apply">): Promise<void> {
		const { messageId, blockIndex, code, language } = message;
		const hints = this.#session.codeHints(messageId, blockIndex, code);
		const { actions } = this.#options;
		this.#showError(await actions.apply({ code, language, ...hints }));
	}

	#showError(result: Result<void, HeadroomError>): void {
		if (result.ok) return;
		const text = describeError(result.error);
		this.#post({ kind: "notice", severity: "error", text });
	}

	#post(message: ToChatView): void {
		this.#send?.(message);
	}
}
