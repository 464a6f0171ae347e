import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import { errorText } from "../../../src/protocol/errors.ts";
import { EditorContext } from "../../../src/vscode/chat/editorContext.ts";
import { LastEditor } from "../../../src/vscode/workspace/lastEditor.ts";
import { WorkspaceFiles } from "../../../src/vscode/workspace/workspaceFiles.ts";
import { until } from "../../support/until.ts";
import {
	headroomExtension,
	openFile,
	removeFiles,
	run,
	type,
	write,
} from "./editor.ts";

describe("the context of a question", () => {
	let lastEditor: LastEditor;
	let context: EditorContext;

	// Each test has files of its own: VS Code remembers texts and selections.
	beforeEach(async () => {
		await run("workbench.action.closeAllEditors");
		lastEditor = new LastEditor();
		context = new EditorContext({
			lastEditor,
			files: new WorkspaceFiles((path) => path.startsWith("made/out/")),
		});
	});

	afterEach(async () => {
		context.dispose();
		lastEditor.dispose();
		await run("workbench.action.revertAndCloseActiveEditor");
		await run("workbench.action.closeAllEditors");
		await removeFiles("made", "repository");
	});

	const labels = () => context.chips().map(({ label }) => label);

	/** Label and text of each; or the sentence of the error. */
	async function attached(input: string): Promise<string[] | string> {
		const found = await context.attachmentsFor(input);
		return found.ok
			? found.value.map(({ label, text }) => `${label}: ${text}`)
			: errorText(found.error);
	}

	it("is the visible file with its unsaved text, and the selection", async () => {
		await write("made/a.ts", "one\ntwo\n");
		assert.deepEqual(labels(), []);
		const editor = await openFile("made/a.ts");
		assert.deepEqual(labels(), ["made/a.ts"]);
		await editor.edit((edit) =>
			edit.insert(new vscode.Position(0, 0), "zero\n"),
		);
		editor.selection = new vscode.Selection(1, 0, 3, 0);
		await until("the selection", () => labels().length === 2);
		assert.deepEqual(labels(), ["made/a.ts", "made/a.ts:2-3"]);
		assert.deepEqual(await attached("Why?"), [
			"made/a.ts: zero\none\ntwo\n",
			"made/a.ts:2-3: one\ntwo\n",
		]);
	});

	it("leaves out a removed item until another file is active", async () => {
		await write("made/c.ts", "a");
		await write("made/d.ts", "b");
		let changes = 0;
		context.onDidChange(() => changes++);
		await openFile("made/c.ts");
		const [chip] = context.chips();
		assert.ok(chip);
		const before = changes;
		context.remove(chip.id);
		assert.ok(changes > before);
		assert.deepEqual(labels(), []);
		assert.deepEqual(await attached("Why?"), []);
		await openFile("made/d.ts");
		assert.deepEqual(labels(), ["made/d.ts"]);
		await openFile("made/c.ts");
		assert.deepEqual(labels(), ["made/c.ts"]);
	});

	it("leaves out a visible file with secrets unless it is mentioned", async () => {
		await write("made/.env", "KEY=1");
		await openFile("made/.env");
		assert.deepEqual(labels(), []);
		assert.deepEqual(await attached("#file:made/.env"), ["made/.env: KEY=1"]);
	});

	it("includes an ignored file if it is visible or mentioned", async () => {
		await write("made/out/b.ts", "b");
		await write("made/out/d.ts", "d");
		await openFile("made/out/b.ts");
		assert.deepEqual(labels(), ["made/out/b.ts"]);
		assert.deepEqual(await attached("#file:made/out/d.ts"), [
			"made/out/b.ts: b",
			"made/out/d.ts: d",
		]);
	});

	it("includes each file once, also by the end of its path", async () => {
		await write("made/deep/only.ts", "x");
		await openFile("made/deep/only.ts");
		assert.deepEqual(await attached("#file:only.ts"), ["made/deep/only.ts: x"]);
	});

	it("includes what the question names, as chips that can be taken off", async () => {
		await write("made/deep/named/planned.ts", "export const a = 1;\n");
		await write("made/other.ts", "o");
		await openFile("made/other.ts");
		const input = "What is in deep/planned.ts, and in nowhere.ts?";
		assert.deepEqual(await attached(input), [
			"made/other.ts: o",
			"made/deep/named/planned.ts: export const a = 1;\n",
		]);
		assert.deepEqual(labels(), ["made/other.ts", "made/deep/named/planned.ts"]);
		const chip = context.chips().at(-1);
		assert.ok(chip);
		context.remove(chip.id);
		assert.deepEqual(labels(), ["made/other.ts"]);
		assert.deepEqual(await attached(input), ["made/other.ts: o"]);
		context.onQuestionSent();
		assert.equal((await attached(input)).length, 2);
		assert.deepEqual(await attached("And here?"), ["made/other.ts: o"]);
	});

	it("includes the definition of a name in the question", async () => {
		await write(
			"made/rates.ts",
			"export const other = 1;\n\nexport function annualRateOf(month: number) {\n\treturn month * 12;\n}\n",
		);
		await write("made/empty.ts", "");
		await openFile("made/rates.ts");
		await openFile("made/empty.ts");
		const definition =
			"annualRateOf, made/rates.ts:3-5: export function annualRateOf(month: number) {\n\treturn month * 12;\n}";
		// The language server answers when it has read the project.
		await until("the symbol", async () =>
			(await attached("What does annualRateOf return?")).includes(definition),
		);
	});

	it("names what cannot be attached", async () => {
		await write("made/data.bin2", "a\u0000b");
		await write("made/long.ts", "x".repeat(1_100_000));
		await write("made/notes.txt", "n");
		// Problems are those of this file then: TypeScript reports those of files of earlier tests when it likes.
		await openFile("made/notes.txt");
		for (const [input, sentence] of [
			["#file:made/none.ts", /no made\/none\.ts in this workspace/],
			["#file:../other.ts", /no \.\.\/other\.ts in this workspace/],
			["#file:made/data.bin2", /^made\/data\.bin2 is not a text file/],
			["#file:made/long.ts", /^made\/long\.ts has 1\.0 MB/],
			["#folder:none", /no none in this workspace/],
			["#symbol:noSuchSymbol", /No definition of noSuchSymbol/],
			["#problems", /no reported problems/],
		] as const) {
			const answer = await attached(input);
			assert.ok(typeof answer === "string", input);
			assert.match(answer, sentence);
		}
	});

	it("includes the files of a folder without ignored ones", async () => {
		await write("made/e.ts", "e");
		await write("made/deep/f.ts", "f");
		await write("made/other.bin2", "\u0000");
		await write("made/.env", "KEY=1");
		await write("made/out/c.ts", "c");
		assert.deepEqual(await attached("#folder:made/"), [
			"made: made/deep/f.ts\nmade/e.ts\nmade/other.bin2 (binary)",
			"made/deep/f.ts: f",
			"made/e.ts: e",
		]);
		const empty = await attached("#folder:made/out");
		assert.ok(typeof empty === "string");
		assert.match(empty, /nothing to attach in made\/out/);
	});

	describe("behind links", () => {
		let outside: string;

		beforeEach(async () => {
			outside = mkdtempSync(path.join(os.tmpdir(), "headroom-outside-"));
			writeFileSync(path.join(outside, "id_rsa"), "PRIVATE");
			writeFileSync(path.join(outside, "notes.txt"), "elsewhere");
			const made = path.dirname((await write("made/own.txt", "own")).fsPath);
			await write("made/.env", "KEY=1");
			await write("made/out/c.txt", "c");
			await write("shared.txt", "shared");
			for (const [link, to] of [
				["readme.txt", path.join(outside, "id_rsa")],
				["notes.txt", path.join(outside, "notes.txt")],
				["folder", outside],
				["settings.txt", ".env"],
				["again.txt", "own.txt"],
				["ignored.txt", "out/c.txt"],
				["shared.txt", "../shared.txt"],
				["round", "."],
				["self.txt", "self.txt"],
			] as const)
				symlinkSync(to, path.join(made, link));
		});
		afterEach(async () => {
			rmSync(outside, { recursive: true });
			await removeFiles("shared.txt");
		});

		it("leaves out what is outside of the workspace, secret or ignored by its real path, in a folder", async () => {
			const found = await attached("#folder:made");
			assert.ok(Array.isArray(found), `${found}`);
			const [list = "", ...contents] = found;
			assert.deepEqual(contents, [
				"made/own.txt: own",
				"made/shared.txt: shared",
			]);
			assert.match(list, /made\/readme\.txt \(outside of the workspace\)/);
			assert.match(list, /made\/notes\.txt \(outside of the workspace\)/);
			assert.match(list, /made\/settings\.txt \(may contain secrets\)/);
			assert.doesNotMatch(found.join("\n"), /PRIVATE|KEY=1|elsewhere/);
		});

		for (const [input, sentence] of [
			["#file:made/readme.txt", /^made\/readme\.txt leads out of this work/],
			["#file:made/notes.txt", /^made\/notes\.txt leads out of this work/],
			["#file:made/folder/notes.txt", /leads out of this workspace/],
			["#folder:made/folder", /^made\/folder leads out of this workspace/],
			["#file:made/settings.txt", /to a file that may contain secrets/],
			["#file:made/self.txt", /made\/self\.txt/],
		] as const)
			it(`says why it does not attach ${input}`, async () => {
				const answer = await attached(input);
				assert.ok(typeof answer === "string", `${answer}`);
				assert.match(answer, sentence);
			});

		it("attaches what a link leads to within the workspace", async () => {
			assert.deepEqual(await attached("#file:made/shared.txt"), [
				"made/shared.txt: shared",
			]);
		});

		it("is not what a visible file leads to", async () => {
			await openFile("made/readme.txt");
			assert.deepEqual(labels(), []);
			assert.deepEqual(await attached("Why?"), []);
			const headroom = await headroomExtension().activate();
			await type("a");
			await until("no suggestion in a key", () => {
				const [last] = headroom.decisions();
				return (
					last?.path === "made/readme.txt" &&
					last.outcome.kind === "none" &&
					last.outcome.reason.kind === "secretFile"
				);
			});
			await run("workbench.action.files.revert");
			await openFile("made/settings.txt");
			assert.deepEqual(labels(), []);
			await openFile("made/shared.txt");
			assert.deepEqual(labels(), ["made/shared.txt"]);
		});
	});

	it("includes a folder as a whole or not at all", async () => {
		for (let index = 0; index < 101; index++)
			await write(`made/f${index}.ts`, "");
		const answer = await attached("#folder:made");
		assert.ok(typeof answer === "string");
		assert.match(answer, /^made has 101 files/);
	});

	it("includes the problems in the visible file", async () => {
		await write("made/g.ts", "one\ntwo\n");
		const { document } = await openFile("made/g.ts");
		const collection = vscode.languages.createDiagnosticCollection("test");
		const range = new vscode.Range(1, 0, 1, 3);
		collection.set(document.uri, [
			new vscode.Diagnostic(range, "two is wrong"),
		]);
		const [, problems] = await attached("#problems");
		collection.dispose();
		assert.match(problems ?? "", /^made\/g\.ts: made\/g\.ts:2 error two/);
	});

	it("includes the whole definition of a symbol", async () => {
		await write("made/a.py", "x = 1\ndef run():\n    return x\n");
		const registered = vscode.languages.registerDocumentSymbolProvider(
			{ pattern: "**/made/*.py" },
			{
				provideDocumentSymbols: () => [
					new vscode.DocumentSymbol(
						"run",
						"",
						vscode.SymbolKind.Function,
						new vscode.Range(1, 0, 2, 12),
						new vscode.Range(1, 4, 1, 7),
					),
				],
			},
		);
		await openFile("made/a.py");
		const [, symbol] = await attached("#symbol:run");
		assert.equal(symbol, "run, made/a.py:2-3: def run():\n    return x");
		const found = await context.suggestionsFor("attachment", "symbol:ru");
		registered.dispose();
		assert.deepEqual(found[0]?.detail, "made/a.py:2");
	});

	it("includes the uncommitted changes without lock files", async () => {
		await write("repository/a.ts", "old\n");
		await write("repository/yarn.lock", "1\n");
		const root = await write("repository/b.ts", "same\n");
		const cwd = vscode.Uri.joinPath(root, "..").fsPath;
		const git = (...args: string[]) =>
			execFileSync(
				"git",
				["-c", "user.name=t", "-c", "user.email=t", ...args],
				{
					cwd,
				},
			);
		git("init", "-q");
		git("add", ".");
		git("commit", "-q", "-m", "first");
		await openFile("repository/a.ts");
		const extension = vscode.extensions.getExtension("vscode.git");
		const api = (await extension?.activate())?.getAPI(1);
		await api.openRepository(vscode.Uri.file(cwd));
		assert.match(`${await attached("#changes")}`, /nothing differs/);
		await write("repository/a.ts", "new\n");
		await write("repository/yarn.lock", "2\n");
		const [, changes] = await attached("#changes");
		assert.match(changes ?? "", /^repository \(1 of 2 files\): diff --git/);
		assert.match(changes ?? "", /-old\n\+new\n/);
	});

	it("includes what was chosen from the suggestions, for one question", async () => {
		await write("made/chosen.ts", "c");
		const commands = await context.suggestionsFor("command", "fi");
		assert.deepEqual(
			commands.map(({ insert }) => insert),
			["/fix "],
		);
		const kinds = await context.suggestionsFor("attachment", "");
		assert.equal(kinds[0]?.insert, "#file:");
		const found = await context.suggestionsFor("attachment", "file:chosen");
		assert.equal(found[0]?.label, "chosen.ts");
		context.choose(found[0]?.id ?? "");
		context.choose("file:never/suggested.ts");
		assert.deepEqual(labels(), ["made/chosen.ts"]);
		assert.deepEqual(await attached("Why?"), ["made/chosen.ts: c"]);
		context.onQuestionSent();
		assert.deepEqual(labels(), []);
	});
});
