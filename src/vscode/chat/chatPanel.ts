/** The chat behind its view: what the view sends goes to the session, to the editor or to the models, and what these say goes back. */

import * as vscode from "vscode";
import { assertNever } from "../../base/assert.ts";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import { failure, type Result } from "../../base/result.ts";
import type { ChatContextSource, ChatEngine } from "../../chat/chatPorts.ts";
import { exportMarkdown } from "../../chat/conversation/exportMarkdown.ts";
import {
	ChatSession,
	type ChatSessionOptions,
} from "../../chat/session/chatSession.ts";
import { chatStrings } from "../../protocol/chatStrings.ts";
import type { FromChatView, ToChatView } from "../../protocol/chatView.ts";
import type { Attachment } from "../../protocol/conversation.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import { describeError, localize } from "../platform/localize.ts";
import type { ChatOffers } from "./chatOffers.ts";
import {
	currentTokenTheme,
	onDidChangeTokenTheme,
} from "./theme/tokenTheme.ts";

/** What becomes of an answer in the editor. */
export interface AnswerActionsPort {
	insert(code: string): Promise<Result<void, HeadroomError>>;
	apply(request: {
		readonly code: string;
		/** As the model named it, or empty. */
		readonly language: string;
		/** The path that the answer names for it. */
		readonly path: string | null;
		readonly attachments: readonly Attachment[];
	}): Promise<Result<void, HeadroomError>>;
	newFile(request: {
		readonly code: string;
		readonly language: string;
	}): Promise<Result<void, HeadroomError>>;
	openLink(href: string): Promise<Result<void, HeadroomError>>;
}

export interface ChatPanelOptions
	extends Pick<ChatSessionOptions, "store" | "currentId" | "stateFile"> {
	readonly engine: ChatEngine;
	readonly context: ChatContextSource;
	readonly actions: AnswerActionsPort;
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
	/** To the view that is shown; nothing where none is. */
	#send: ((message: ToChatView) => void) | undefined;
	/** The page has asked for what it shows. Before that it hears nothing. */
	#isReady = false;
	#wantsFocus = false;
	/** Themes are read from files, and one that was asked for earlier may come later. */
	#themeWish = 0;
	/** Which model was shown, so that offers that come late are not for another. */
	#modelWish = 0;

	constructor(options: ChatPanelOptions) {
		this.#options = options;
		const { store, currentId, stateFile, engine, context } = options;
		this.#session = this.#store.add(
			new ChatSession({
				store,
				currentId,
				stateFile,
				engine,
				context,
				post: (message) => this.#post(message),
				describe: describeError,
				newId: () => globalThis.crypto.randomUUID(),
				now: Date.now,
				setTimer: (callback, ms) => {
					const timer = setTimeout(callback, ms);
					return { dispose: () => clearTimeout(timer) };
				},
			}),
		);
		this.#store.add(
			engine.onDidChangeModel(() => this.#begin(this.#showModel())),
		);
		this.#store.add(
			onDidChangeTokenTheme(() => this.#begin(this.#showTheme())),
		);
	}

	/** A page that is hidden is gone: the next one says that it is ready. @param send undefined when the view itself is gone. */
	connect(send: ((message: ToChatView) => void) | undefined): void {
		this.#send = send;
		this.#isReady = false;
	}

	/** What goes wrong in here is told, and thrown no further. */
	async receive(message: FromChatView): Promise<void> {
		try {
			await this.#handle(message);
		} catch (thrown) {
			// The sentence may hold text of the user's: the log is told the kind alone.
			this.#options.log.error(`chat: ${message.kind} failed`);
			const why = messageOf(thrown);
			this.#options.log.trace(`chat: ${why}`);
			this.#tell(failure(createError("chatFailed", { why })));
		}
	}

	/** As if it were typed and sent. */
	ask(text: string): Promise<void> {
		return this.#session.ask(text);
	}

	/** As soon as there is an input. */
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

	/** Opens it as a document that is not saved yet: where it goes, if anywhere, is the user's affair. */
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
			cut: t("The answer had no more room."),
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
				return this.#tell(await actions.insert(message.code));
			case "apply":
				return await this.#apply(message);
			case "newFile":
				return this.#tell(await actions.newFile(message));
			case "openLink":
				return this.#tell(await actions.openLink(message.href));
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
				return session.earlier(message.beforeId);
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
		this.#begin(this.#showModel());
		await this.#session.ready();
		this.#isReady = true;
		if (this.#wantsFocus) this.focusInput();
	}

	/** What nobody waits for. What was thrown may hold text of the user's. */
	#begin(work: Promise<void>): void {
		work.catch(() =>
			this.#options.log.error("chat: the view is not up to date"),
		);
	}

	async #showTheme(): Promise<void> {
		const wish = ++this.#themeWish;
		const theme = await currentTokenTheme();
		if (wish === this.#themeWish) this.#post({ kind: "theme", theme });
	}

	async #showModel(): Promise<void> {
		const wish = ++this.#modelWish;
		const { engine, offers } = this.#options;
		const { model } = engine;
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
		// The offers take a look at the disk.
		show([]);
		const found = await offers.find();
		if (wish === this.#modelWish) show(found);
	}

	async #apply(message: Message<"apply">): Promise<void> {
		const { messageId, blockIndex, code, language } = message;
		const about = this.#session.codeBlock(messageId, blockIndex, code);
		const { actions } = this.#options;
		this.#tell(await actions.apply({ code, language, ...about }));
	}

	#tell(result: Result<void, HeadroomError>): void {
		if (result.ok) return;
		const text = describeError(result.error);
		this.#post({ kind: "notice", severity: "error", text });
	}

	#post(message: ToChatView): void {
		this.#send?.(message);
	}
}
