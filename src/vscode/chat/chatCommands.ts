/** The chat's commands, and its quick fix in the lightbulb menu. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import type { SlashCommand } from "../../chat/prompt/slashCommands.ts";
import type { ChatPanel } from "./chatPanel.ts";
import { chatViewId } from "./chatViewProvider.ts";

/** @param panel creates the panel on first use. */
export function registerChatCommands(panel: () => ChatPanel): Disposable {
	const { registerCommand } = vscode.commands;
	const store = new DisposableStore();
	const askWith = (command: SlashCommand) => async (): Promise<void> => {
		await showView();
		await panel().ask(`/${command}`);
	};
	store.add(
		registerCommand("headroom.chat.new", async () => {
			await showView();
			await panel().newConversation();
			panel().focusInput();
		}),
	);
	store.add(
		registerCommand("headroom.chat.ask", async () => {
			await showView();
			panel().focusInput();
		}),
	);
	store.add(registerCommand("headroom.chat.stop", () => panel().stop()));
	store.add(
		registerCommand("headroom.chat.exportConversation", () =>
			panel().exportConversation(),
		),
	);
	store.add(registerCommand("headroom.chat.explain", askWith("explain")));
	store.add(
		registerCommand("headroom.chat.fix", async (...problem: unknown[]) => {
			const message = await selectProblem(problem);
			await showView();
			await panel().ask(`/fix ${message}`.trim());
		}),
	);
	store.add(registerCommand("headroom.chat.tests", askWith("tests")));
	store.add(registerCommand("headroom.chat.doc", askWith("doc")));
	store.add(registerCommand("headroom.chat.simplify", askWith("simplify")));
	store.add(
		vscode.languages.registerCodeActionsProvider(
			"*",
			{ provideCodeActions: fixActions },
			{ providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
		),
	);
	return store;
}

function fixActions(
	document: vscode.TextDocument,
	_range: vscode.Range,
	{ diagnostics }: vscode.CodeActionContext,
): vscode.CodeAction[] {
	const [first] = diagnostics;
	if (!first) return [];
	const action = new vscode.CodeAction(
		vscode.l10n.t("Fix with Headroom"),
		vscode.CodeActionKind.QuickFix,
	);
	action.diagnostics = [...diagnostics];
	action.command = {
		title: action.title,
		command: "headroom.chat.fix",
		arguments: [document.uri, first.range, first.message],
	};
	return [action];
}

/**
 * Selects the lines of a problem, so that they are attached to the question.
 *
 * @returns its message; empty if the command was called without a problem.
 */
async function selectProblem([
	uri,
	range,
	message,
]: readonly unknown[]): Promise<string> {
	const isProblem =
		uri instanceof vscode.Uri &&
		range instanceof vscode.Range &&
		typeof message === "string";
	if (!isProblem) return "";
	const editor = await vscode.window.showTextDocument(uri);
	const { end } = editor.document.lineAt(range.end.line).range;
	editor.selection = new vscode.Selection(
		range.start.with({ character: 0 }),
		end,
	);
	return message;
}

async function showView(): Promise<void> {
	await vscode.commands.executeCommand(`${chatViewId}.focus`);
}
