import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { HeadroomApi } from "../../../src/extension.ts";
import { until } from "../../support/until.ts";
import {
	headroomExtension,
	moveTo,
	open,
	run,
	set,
	shapes,
	type,
} from "./editor.ts";

/** A body begins after each. Any model may suggest anything at one of them, but several lines at least once. */
const openings = [
	"export function totalPerimeter(shapes: readonly Shape[]): number {",
	"export function largestArea(shapes: readonly Shape[]): number {",
	"export function areaOf(shape: Shape): number {",
].map(
	(opening) => `export interface Shape {
	area(): number;
	perimeter(): number;
}

export function totalArea(shapes: readonly Shape[]): number {
	let total = 0;
	for (const shape of shapes) {
		total += shape.area();
	}
	return total;
}

${opening}`,
);

const words = (text: string) => text.match(/\w+/g)?.length ?? 0;
const lines = (text: string) => text.trim().split("\n").length;

describe("ghost text in VS Code", () => {
	let headroom: HeadroomApi;

	before(async () => {
		headroom = await headroomExtension().activate();
	});

	/** Whether VS Code got the whole answer last, and not only its first line. */
	const isWhole = () => headroom.lastSuggestion()?.isWhole === true;

	/** Requests explicitly, and waits until VS Code has got the whole answer; undefined where there is none. */
	async function ask(): Promise<string | undefined> {
		const before = headroom.lastSuggestion();
		const last = headroom.decisions()[0];
		// VS Code also requests automatically, such as where the cursor was before.
		const answer = () => {
			const decisions = headroom.decisions();
			const known = last ? decisions.indexOf(last) : -1;
			return decisions
				.slice(0, known < 0 ? undefined : known)
				.find((it) => it.isExplicit);
		};
		await run("editor.action.inlineSuggest.trigger");
		await until("an answer", () => answer() !== undefined);
		if (answer()?.outcome.kind === "none") return undefined;
		await until(
			"the whole answer",
			() => headroom.lastSuggestion() !== before && isWhole(),
		);
		return headroom.lastSuggestion()?.text;
	}

	async function askFor(): Promise<string> {
		const text = await ask();
		const outcome = JSON.stringify(headroom.decisions()[0]?.outcome);
		assert.ok(text !== undefined, outcome);
		return text;
	}

	/** An editor with a suggestion that suits the test. */
	async function suggestionAt(
		contents: readonly string[],
		isSuitable: (text: string) => boolean,
	): Promise<{ editor: vscode.TextEditor; content: string; text: string }> {
		const suggested: string[] = [];
		for (const content of contents) {
			const editor = await open(content);
			const text = await ask();
			if (text !== undefined && isSuitable(text))
				return { editor, content, text };
			suggested.push(text ?? "");
		}
		return assert.fail(
			`no suitable suggestion in ${JSON.stringify(suggested)}`,
		);
	}

	/** Runs a command that accepts ghost text, or a part of it, as soon as there is some, and returns the new document. */
	async function take(
		{ document }: vscode.TextEditor,
		command: string,
	): Promise<string> {
		const before = document.getText();
		await until("an accepted suggestion", async () => {
			await run(command);
			return document.getText() !== before;
		});
		return document.getText();
	}

	for (const { unit, command, contents, count } of [
		{
			unit: "word",
			command: "editor.action.inlineSuggest.acceptNextWord",
			contents: [shapes, ...openings],
			count: words,
		},
		{
			unit: "line",
			command: "editor.action.inlineSuggest.acceptNextLine",
			contents: openings,
			count: lines,
		},
	])
		it(`is accepted ${unit} by ${unit} without a request`, async () => {
			const { editor, content, text } = await suggestionAt(
				contents,
				(it) => count(it) > 1,
			);
			const whole = content + text;
			const requests = headroom.requestCount();
			const pieces: string[] = [];
			for (let taken = content; taken !== whole; ) {
				const now = await take(editor, command);
				assert.ok(whole.startsWith(now), JSON.stringify({ now, whole }));
				pieces.push(now.slice(taken.length));
				taken = now;
				if (taken !== whole) assert.equal(headroom.requestCount(), requests);
			}
			assert.ok(pieces.length > 1);
			for (const piece of pieces) assert.ok(count(piece) <= 1, piece);
		});

	it("shows a whole body, also when its first line came before the rest", async () => {
		for (const opening of openings) {
			const content = `// Unasked.\n${opening.slice(0, -1)}`;
			const editor = await open(content);
			const before = headroom.lastSuggestion();
			const asked = headroom.recentLog().length;
			await type("{");
			await until("an answer", () =>
				headroom
					.recentLog()
					.slice(asked)
					.some((line) => /completion c\d+: (?!.*cancelled)/.test(line)),
			);
			if (headroom.lastSuggestion() === before) continue;
			await until("all of it", isWhole);
			const text = headroom.lastSuggestion()?.text ?? "";
			if (lines(text) === 1) continue;
			let now = await take(
				editor,
				"editor.action.inlineSuggest.acceptNextLine",
			);
			while (now !== `${content}{${text}}`)
				now = await take(editor, "editor.action.inlineSuggest.acceptNextLine");
			return;
		}
		assert.fail("no body of several lines was suggested");
	});

	it("stays during type-through, without a request", async () => {
		const { editor, content, text } = await suggestionAt(
			[shapes, ...openings],
			(it) => /^\w{4}/.test(it.trim()),
		);
		const { document } = editor;
		// The editor would close brackets and quotes.
		const [typed = ""] = /^\s*\w+/.exec(text) ?? [];
		const requests = headroom.requestCount();
		for (const it of typed.slice(0, -1)) {
			const last = headroom.decisions()[0];
			await type(it);
			const outcomeNow = () => {
				const [newest] = headroom.decisions();
				return newest === last ? undefined : newest?.outcome;
			};
			// VS Code may cancel a request and ask again for the same key.
			await until("an answer", () => {
				const outcome = outcomeNow();
				return (
					outcome !== undefined &&
					!(outcome.kind === "none" && outcome.reason.kind === "cancelled")
				);
			});
			const outcome = outcomeNow();
			assert.equal(outcome?.kind, "suggested", JSON.stringify(outcome));
			assert.ok(text.endsWith(headroom.lastSuggestion()?.text ?? "?"));
		}
		assert.equal(headroom.requestCount(), requests);
		assert.equal(document.getText(), content + typed.slice(0, -1));
		assert.equal(
			await take(editor, "editor.action.inlineSuggest.commit"),
			content + text,
		);
	});

	it("is accepted in the middle of a line, whose rest stays after it", async () => {
		const behind = ");\n}\n";
		const before = `${openings[0]}\n\treturn Math.max(`;
		const editor = await open(before, "typescript", behind);
		const text = await askFor();
		const after = await take(editor, "editor.action.inlineSuggest.commit");
		assert.equal(after, before + text + behind);
		assert.doesNotMatch(text, /\n/);
	});

	it("is accepted at two cursors", async () => {
		const line = "\treturn 2 * ";
		const content = `${shapes.slice(0, shapes.lastIndexOf(line))}${line}\n\t}\n\n\tdiameter(): number {\n${line}`;
		const editor = await open(content, "typescript", "\n\t}\n}\n");
		const [first = 0, second = 0] = [...content.matchAll(/return 2 \* /g)].map(
			({ 0: found, index }) => index + found.length,
		);
		moveTo(editor, first, second);
		const text = await askFor();
		await take(editor, "editor.action.inlineSuggest.commit");
		const all = `${content}\n\t}\n}\n`;
		assert.equal(
			editor.document.getText(),
			all.slice(0, first) +
				text +
				all.slice(first, second) +
				text +
				all.slice(second),
		);
		await run("undo");
		assert.equal(editor.document.getText(), all);
	});

	it("is removed by one undo, and is shown again only on an explicit request", async () => {
		const { editor, content, text } = await suggestionAt(
			[shapes, ...openings],
			(it) => words(it) > 1,
		);
		const last = headroom.decisions()[0];
		await take(editor, "editor.action.inlineSuggest.commit");
		// VS Code requests the next completion.
		await until("an answer", () => headroom.decisions()[0] !== last);
		await until("quiet", () => headroom.engineStatus().kind === "ready");
		await run("undo");
		assert.equal(editor.document.getText(), content);
		await until("a reason", () => {
			const outcome = headroom.decisions()[0]?.outcome;
			return (
				outcome?.kind === "none" && outcome.reason.kind === "restoresDeleted"
			);
		});
		assert.equal(await askFor(), text);
		const word = await take(
			editor,
			"editor.action.inlineSuggest.acceptNextWord",
		);
		assert.ok(`${content}${text}`.startsWith(word), word);
		await run("undo");
		assert.equal(editor.document.getText(), content);
	});

	it("comes with alternatives on an explicit request, which can be cycled through", async () => {
		const content = `// By hand.\n${shapes}`;
		const editor = await open(content);
		const requests = headroom.requestCount();
		await askFor();
		// The answer and two alternatives.
		assert.equal(headroom.requestCount(), requests + 3);
		/** The text that is shown after this many steps. */
		async function textAfter(steps: number): Promise<string> {
			for (let step = 0; step < steps; step++)
				await run("editor.action.inlineSuggest.showNext");
			const whole = await take(editor, "editor.action.inlineSuggest.commit");
			await run("undo");
			assert.equal(editor.document.getText(), content);
			await askFor();
			return whole.slice(content.length);
		}
		const first = await textAfter(0);
		const second = await textAfter(1);
		assert.notEqual(second, first);
		const third = await textAfter(2);
		assert.equal(third === first ? first : await textAfter(3), first);
	});

	it("works in the cell of a notebook", async () => {
		const notebook = await vscode.workspace.openNotebookDocument(
			"jupyter-notebook",
			new vscode.NotebookData(
				[
					"def greeting(name: str) -> str:\n    return f'Hello, {name}'",
					"def greet_all(names: list[str]) -> list[str]:\n    return ",
					"for name in ['Ada', 'Bo']:",
					"import ",
				].map(
					(text) =>
						new vscode.NotebookCellData(
							vscode.NotebookCellKind.Code,
							text,
							"python",
						),
				),
			),
		);
		for (const cell of notebook.getCells().slice(1)) {
			await vscode.window.showNotebookDocument(notebook, {
				selections: [new vscode.NotebookRange(cell.index, cell.index + 1)],
			});
			await run("notebook.cell.edit");
			const editorOfCell = () =>
				vscode.window.visibleTextEditors.find(
					(it) =>
						it.document === cell.document &&
						it === vscode.window.activeTextEditor,
				);
			await until("the editor of the cell", () => !!editorOfCell());
			const editor = editorOfCell();
			assert.ok(editor);
			const before = cell.document.getText();
			moveTo(editor, before.length);
			const text = await ask();
			if (text === undefined) continue;
			assert.equal(
				await take(editor, "editor.action.inlineSuggest.commit"),
				before + text,
			);
			return;
		}
		assert.fail("nothing was suggested in any cell");
	});

	it("does not appear automatically in a file with secrets, and the reason is recorded", async () => {
		const [folder] = vscode.workspace.workspaceFolders ?? [];
		assert.ok(folder);
		const uri = vscode.Uri.joinPath(folder.uri, ".env");
		await vscode.workspace.fs.writeFile(
			uri,
			new TextEncoder().encode("HOST=localhost\n"),
		);
		const editor = await vscode.window.showTextDocument(uri);
		moveTo(editor, editor.document.getText().length);
		await until("quiet", () => headroom.engineStatus().kind === "ready");
		const requests = headroom.requestCount();
		await type("PORT=");
		await until("a decision", () => headroom.decisions()[0]?.path === ".env");
		await until(
			"silence",
			() => headroom.decisions()[0]?.column === "PORT=".length + 1,
		);
		const [decision] = headroom.decisions();
		assert.deepEqual(decision?.outcome, {
			kind: "none",
			reason: { kind: "secretFile" },
		});
		assert.equal(headroom.requestCount(), requests);
		await ask();
		assert.ok(
			headroom.requestCount() > requests,
			"an explicit request is answered",
		);
		await run("workbench.action.files.revert");
		await vscode.workspace.fs.delete(uri);
	});

	it("uses edits in other files, if the model has room for them", async () => {
		const [folder] = vscode.workspace.workspaceFolders ?? [];
		assert.ok(folder);
		const models = mkdtempSync(path.join(os.tmpdir(), "headroom-models-"));
		const model = path.join(models, "copy.gguf");
		copyFileSync(
			path.join(
				headroomExtension().extensionPath,
				"media/models/headroom-7m-q8_0.gguf",
			),
			model,
		);
		await set("model.file", model);
		await until("room", () => {
			const status = headroom.engineStatus();
			return status.kind === "ready" && status.budget.contextTokens > 0;
		});
		const show = async (name: string) => {
			const editor = await vscode.window.showTextDocument(
				vscode.Uri.joinPath(folder.uri, name),
			);
			moveTo(editor, editor.document.getText().length);
			return editor;
		};
		await vscode.workspace.fs.writeFile(
			vscode.Uri.joinPath(folder.uri, "circle.ts"),
			new TextEncoder().encode(
				`import type { Shape } from "./shapes";\n\n${shapes}Math.PI * this.radius;\n\t}\n}\n`,
			),
		);
		await show("shapes.ts");
		await type("export const shapeCount = 0;\n");
		const logged = headroom.recentLog().length;
		await show("circle.ts");
		await until("the idle moment", () =>
			headroom
				.recentLog()
				.slice(logged)
				.some((line) => /prepared a prompt with [1-9]\d* snippets/.test(line)),
		);
		await type("export const circles: Shape[] = ");
		await until("snippets in a prompt", () =>
			headroom
				.recentLog()
				.slice(logged)
				.some((line) =>
					/completion c\d+: .* [1-9]\d* from other files/.test(line),
				),
		);
		await run("workbench.action.files.revert");
		await show("shapes.ts");
		await run("workbench.action.files.revert");
		await vscode.workspace.fs.delete(
			vscode.Uri.joinPath(folder.uri, "circle.ts"),
		);
		await set("model.file", undefined);
		rmSync(models, { recursive: true });
	});
});
