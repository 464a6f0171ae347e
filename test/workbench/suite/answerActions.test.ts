import assert from "node:assert/strict";
import * as vscode from "vscode";
import { errorText } from "../../../src/protocol/errors.ts";
import {
	AnswerActions,
	type CodeToApply,
} from "../../../src/vscode/chat/edits/answerActions.ts";
import type { Confirmation } from "../../../src/vscode/platform/confirmation.ts";
import { LastEditor } from "../../../src/vscode/workspace/lastEditor.ts";
import { WorkspaceFiles } from "../../../src/vscode/workspace/workspaceFiles.ts";
import { until } from "../../support/until.ts";
import { openFile, readSaved, removeFiles, run, write } from "./editor.ts";

const file = "made/area.ts";
const original =
	"function area(r: number) {\n\treturn r;\n}\n\nfunction other() {}\n";
const better = "function area(r: number) {\n\treturn Math.PI * r * r;\n}";
const after = `${better}\n\nfunction other() {}\n`;

describe("the actions on an answer", () => {
	let lastEditor: LastEditor;
	let actions: AnswerActions;
	let asked: Confirmation[];

	before(async () => {
		// The browser's default is to save by itself.
		await vscode.workspace
			.getConfiguration("files")
			.update("autoSave", "off", vscode.ConfigurationTarget.Global);
	});

	beforeEach(async () => {
		await run("workbench.action.closeAllEditors");
		asked = [];
		lastEditor = new LastEditor();
		actions = new AnswerActions({
			lastEditor,
			files: new WorkspaceFiles(() => false),
			confirm: async (question) => {
				asked.push(question);
				return false;
			},
		});
		await write(file, original);
	});

	afterEach(async () => {
		actions.dispose();
		lastEditor.dispose();
		for (const document of vscode.workspace.textDocuments)
			if (document.isDirty) {
				await vscode.window.showTextDocument(document);
				await run("workbench.action.revertAndCloseActiveEditor");
			}
		await run("workbench.action.closeAllEditors");
		await removeFiles("made");
	});

	const diffs = () =>
		vscode.window.tabGroups.all
			.flatMap(({ tabs }) => tabs)
			.flatMap(({ input }) =>
				input instanceof vscode.TabInputTextDiff ? [input.modified] : [],
			);

	async function apply(more: Partial<CodeToApply> = {}): Promise<vscode.Uri> {
		const known = diffs().map(String);
		const applied = await actions.apply({
			code: better,
			language: "ts",
			path: null,
			attachments: [],
			...more,
		});
		assert.ok(applied.ok, applied.ok ? "" : errorText(applied.error));
		await until("a diff", () => diffs().length > known.length);
		const added = diffs().find((it) => !known.includes(it.toString()));
		assert.ok(added);
		return added;
	}

	it("insert code at the cursor, indented, in one undo step", async () => {
		const editor = await openFile(file);
		editor.selection = new vscode.Selection(1, 1, 1, 10);
		assert.ok((await actions.insert("if (r) {\n  return r;\n}")).ok);
		const { document } = editor;
		assert.equal(
			document.getText(),
			original.replace("return r;", "if (r) {\n\t\treturn r;\n\t}"),
		);
		await run("undo");
		assert.equal(document.getText(), original);
	});

	it("insert nothing without an editor", async () => {
		const inserted = await actions.insert("x");
		assert.equal(inserted.ok ? "" : inserted.error.code, "editorMissing");
		const applied = await actions.apply({
			code: better,
			language: "",
			path: null,
			attachments: [],
		});
		assert.equal(applied.ok ? "" : applied.error.code, "editTargetUnclear");
	});

	it("show a proposed change, which can be rejected without a trace", async () => {
		const { document } = await openFile(file);
		const proposal = await apply();
		const shown = await vscode.workspace.openTextDocument(proposal);
		assert.equal(shown.getText(), after);
		assert.equal(shown.languageId, "typescript");
		assert.equal(document.getText(), original);
		await actions.proposals.reject();
		await until("no diff", () => diffs().length === 0);
		assert.equal(document.getText(), original);
		assert.equal(document.isDirty, false);
		assert.equal(await readSaved(file), original);
		// What was rejected cannot be accepted any more.
		assert.ok((await actions.proposals.accept(proposal)).ok);
		assert.equal(document.getText(), original);
	});

	it("change the file when the proposal is accepted, in one undo step, and do not save it", async () => {
		await apply({ path: "area.ts" });
		assert.ok((await actions.proposals.accept()).ok);
		const document = vscode.window.activeTextEditor?.document;
		assert.equal(document?.getText(), after);
		assert.ok(document.isDirty);
		assert.equal(await readSaved(file), original);
		await until("no diff", () => diffs().length === 0);
		await run("undo");
		assert.equal(document.getText(), original);
	});

	it("update the proposal if the file has changed", async () => {
		const { document } = await openFile(file);
		const proposal = await apply();
		const edit = new vscode.WorkspaceEdit();
		edit.insert(document.uri, new vscode.Position(4, 0), "// mine\n");
		await vscode.workspace.applyEdit(edit);
		assert.ok((await actions.proposals.accept(proposal)).ok);
		const expected = after.replace("function other", "// mine\nfunction other");
		const shown = await vscode.workspace.openTextDocument(proposal);
		await until("the new proposal", () => shown.getText() === expected);
		assert.doesNotMatch(document.getText(), /Math/);
		assert.ok((await actions.proposals.accept(proposal)).ok);
		assert.equal(document.getText(), expected);
	});

	it("refuse a proposal that no longer has a place", async () => {
		const { document } = await openFile(file);
		const proposal = await apply();
		const edit = new vscode.WorkspaceEdit();
		const all = new vscode.Range(0, 0, 4, 0);
		edit.replace(document.uri, all, "let a;\nlet b;\nlet c;\nlet d;\n");
		await vscode.workspace.applyEdit(edit);
		const changed = document.getText();
		const accepted = await actions.proposals.accept(proposal);
		assert.equal(accepted.ok ? "" : accepted.error.code, "editUnplaced");
		assert.equal(document.getText(), changed);
	});

	it("keep proposals apart; closing a diff rejects its proposal", async () => {
		await write("made/b.ts", "function b() {\n\treturn 1;\n}\n");
		const { document } = await openFile(file);
		const first = await apply();
		const second = await apply({
			code: "function b() {\n\treturn 2;\n}",
			path: "made/b.ts",
		});
		assert.equal(diffs().length, 2);
		await run("workbench.action.closeActiveEditor");
		await until("one diff", () => diffs().length === 1);
		assert.ok((await actions.proposals.accept(second)).ok);
		assert.equal(
			await readSaved("made/b.ts"),
			"function b() {\n\treturn 1;\n}\n",
		);
		assert.ok((await actions.proposals.accept(first)).ok);
		assert.equal(document.getText(), after);
		assert.ok(
			vscode.workspace.textDocuments.every(
				(it) => !it.fileName.endsWith("b.ts") || !it.isDirty,
			),
		);
	});

	it("create a new file in the code's language", async () => {
		assert.ok((await actions.newFile({ code: "x = 1", language: "py" })).ok);
		const document = vscode.window.activeTextEditor?.document;
		assert.equal(document?.getText(), "x = 1\n");
		assert.equal(document.languageId, "python");
		assert.ok(document.isUntitled);
	});

	it("open files of the workspace at their line", async () => {
		assert.ok((await actions.openLink("made/area.ts#L3")).ok);
		const editor = vscode.window.activeTextEditor;
		assert.ok(editor);
		assert.ok(editor.document.fileName.endsWith("area.ts"));
		assert.equal(editor.selection.active.line, 2);
		const missing = await actions.openLink("made/none.ts");
		assert.equal(missing.ok ? "" : missing.error.code, "fileMissing");
	});

	it("confirm an address before opening it, and open nothing else", async () => {
		assert.ok((await actions.openLink("https://example.org/?a=b")).ok);
		assert.deepEqual(
			asked.map(({ detail }) => detail),
			["https://example.org/?a=b"],
		);
		const refused = await actions.openLink("command:workbench.action.quit");
		assert.equal(refused.ok ? "" : refused.error.code, "linkRefused");
		assert.equal(asked.length, 1);
	});

	it("have commands that do nothing without a proposal", async () => {
		const { document } = await openFile(file);
		await run("headroom.chat.acceptProposal");
		await run("headroom.chat.rejectProposal");
		assert.equal(document.getText(), original);
	});
});
