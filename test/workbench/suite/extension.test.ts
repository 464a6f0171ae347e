import assert from "node:assert/strict";
import path from "node:path";
import * as vscode from "vscode";
import type { HeadroomApi } from "../../../src/extension.ts";
import { until } from "../../support/until.ts";
import { headroomExtension, open, set, shapes } from "./editor.ts";

describe("Headroom in VS Code", () => {
	let headroom: HeadroomApi;
	let extension: vscode.Extension<HeadroomApi>;

	before(async () => {
		extension = headroomExtension();
		headroom = await extension.activate();
	});

	const settings = () => vscode.workspace.getConfiguration("headroom");
	const completionLines = () =>
		headroom.recentLog().filter((line) => /completion c\d+:/.test(line));
	const engineProcessId = () =>
		Number(
			/process (\d+)/.exec(
				headroom.recentLog().findLast((it) => it.includes("runs as process")) ??
					"",
			)?.[1],
		);

	/** Asks for ghost text until there is some, takes it, and says what came into the document. */
	async function accept(editor: vscode.TextEditor): Promise<string> {
		const { document } = editor;
		const before = document.getText();
		let attempts = 0;
		let nextTrigger = 0;
		await until("ghost text that can be accepted", async () => {
			// Again now and then: VS Code drops an answer when the window has lost the focus. Each time later: on a busy machine, one
			// request would cancel the other before it is answered.
			if (attempts++ >= nextTrigger) {
				nextTrigger = 2 * nextTrigger + 40;
				await vscode.commands.executeCommand(
					"editor.action.inlineSuggest.trigger",
				);
			}
			await vscode.commands.executeCommand(
				"editor.action.inlineSuggest.commit",
			);
			return document.getText() !== before;
		}).catch((thrown: Error) => {
			// What became of each request says more than that there was no text.
			throw new Error(
				[
					thrown.message,
					JSON.stringify(headroom.decisions().slice(0, 5)),
					...headroom.recentLog().slice(-20),
				].join("\n"),
				{ cause: thrown },
			);
		});
		assert.ok(document.getText().startsWith(before));
		return document.getText().slice(before.length);
	}

	/** Of the last decision: `suggested`, or the kind of the reason why not. */
	function newestOutcome(): string | undefined {
		const outcome = headroom.decisions()[0]?.outcome;
		return outcome?.kind === "none" ? outcome.reason.kind : outcome?.kind;
	}

	/** Runs a command that asks in a list, and takes the first entry. */
	async function takeFirst(command: string): Promise<void> {
		let isTaken = false;
		vscode.commands.executeCommand(command).then(() => {
			isTaken = true;
		});
		await until("an entry taken", async () => {
			await vscode.commands.executeCommand(
				"workbench.action.acceptSelectedQuickOpenItem",
			);
			return isTaken;
		});
	}

	/** The list that was on screen may still have the focus. */
	async function typeInEditor(text: string): Promise<void> {
		await vscode.commands.executeCommand(
			"workbench.action.focusActiveEditorGroup",
		);
		await vscode.commands.executeCommand("type", { text });
	}

	it("is active without having started anything", () => {
		assert.ok(extension.isActive);
		assert.equal(headroom.engineStatus().kind, "stopped");
	});

	it("runs where proposed API is shut", function () {
		if (vscode.env.appHost === "desktop") this.skip();
		assert.throws(
			() =>
				vscode.languages
					.registerInlineCompletionItemProvider("*", {
						provideInlineCompletionItems: () => [],
						handleDidShowCompletionItem() {},
					} as vscode.InlineCompletionItemProvider)
					.dispose(),
			/propos/i,
		);
	});

	it("has its commands", async () => {
		const commands = await vscode.commands.getCommands(true);
		for (const { command } of extension.packageJSON.contributes.commands)
			assert.ok(commands.includes(command), command);
	});

	it("shows ghost text that came from the engine, and two equal requests bring equal text", async () => {
		const editor = await open(shapes);
		const first = await accept(editor);
		assert.notEqual(first.trim(), "");
		const given = headroom.lastSuggestion();
		assert.ok(given);
		const answer = completionLines().find((line) =>
			line.includes(`completion ${given.requestId}: suggested`),
		);
		assert.ok(answer, `${given.requestId} is not in the log`);
		assert.ok(answer.includes(`suggested ${first.length} characters`), answer);
		// Another name for the same model: what the cache holds is forgotten.
		await set(
			"model.file",
			path.join(extension.extensionPath, "media/models/headroom-7m-q8_0.gguf"),
		);
		const requests = headroom.requestCount();
		await vscode.commands.executeCommand("undo");
		assert.equal(editor.document.getText(), shapes);
		const second = await accept(editor);
		assert.equal(second, first);
		assert.ok(headroom.requestCount() > requests, "the engine was asked");
		await set("model.file", undefined);
	});

	it("asks the engine once for one place", async () => {
		const editor = await open(shapes);
		await accept(editor);
		const asked = headroom.lastSuggestion()?.requestId;
		await until("quiet", () => headroom.engineStatus().kind === "ready");
		await vscode.commands.executeCommand("undo");
		assert.equal(editor.document.getText(), shapes);
		await accept(editor);
		assert.equal(headroom.lastSuggestion()?.requestId, asked);
	});

	it("survives its engine being killed in the middle of a completion", async () => {
		const editor = await open(`${"total += 1;\n".repeat(120)}const x = `);
		const lines = completionLines().length;
		void vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
		await until(
			"the engine at work",
			() => headroom.engineStatus().kind === "generating",
		);
		process.kill(engineProcessId(), "SIGKILL");
		await until("the request settled", () => completionLines().length > lines);
		assert.match(completionLines().at(-1) ?? "", /engineCrashed/);
		await open(shapes);
		assert.notEqual(await accept(vscode.window.activeTextEditor ?? editor), "");
	});

	it("offers an answer that is ready after VS Code has stopped waiting", async function () {
		// Older versions wait as long as nobody types.
		if (Number(vscode.version.split(".")[1]) < 139) this.skip();
		const offers = () =>
			headroom
				.recentLog()
				.filter((line) => line.includes("offering a late suggestion")).length;
		const before = offers();
		const isNothing = (line: string) => !/suggested|cancelled/.test(line);
		// No word begins with these: VS Code finds nothing to suggest by itself, and stops waiting. What the model says is open.
		for (const letter of ["q", "z", "j", "k", "y"]) {
			const editor = await open(`${shapes}1;\n\t}\n}\n\nconst `, "plaintext");
			// Past crashes are forgiven with this; else the pauses would grow.
			await vscode.commands.executeCommand("headroom.restartEngine");
			await until("an engine", () => headroom.engineStatus().kind === "ready");
			// An engine that pauses and starts first needs longer than the 750 ms that VS Code waits after a word character.
			process.kill(engineProcessId(), "SIGKILL");
			await until(
				"the crash",
				() => headroom.engineStatus().kind === "crashed",
			);
			const lines = completionLines().length;
			const [last] = headroom.decisions();
			await vscode.commands.executeCommand("type", { text: letter });
			await until(
				"an offer, or an answer with nothing to offer",
				() =>
					offers() > before ||
					completionLines().slice(lines).some(isNothing) ||
					(headroom.decisions()[0] !== last && newestOutcome() === "suggested"),
			);
			if (offers() === before) continue;
			const requests = headroom.requestCount();
			const text = editor.document.getText();
			await until("the ghost text taken", async () => {
				await vscode.commands.executeCommand(
					"editor.action.inlineSuggest.commit",
				);
				return editor.document.getText() !== text;
			});
			assert.ok(editor.document.getText().startsWith(text));
			// The text after the accepted suggestion may already be requested.
			assert.ok(headroom.requestCount() <= requests + 1);
			return;
		}
		assert.fail("no late suggestion was offered");
	});

	it("reports a missing model file, and loads the next one", async () => {
		await set("model.file", "/nowhere/missing.gguf");
		await until("the failure", () => headroom.engineStatus().kind === "failed");
		const status = headroom.engineStatus();
		assert.ok(status.kind === "failed" && status.error.code === "modelMissing");
		await set("model.file", undefined);
		await until(
			"the built-in model",
			() => headroom.engineStatus().kind === "ready",
		);
	});

	it("falls back to the default for an invalid setting", async () => {
		await set("engine.threads", "many");
		await until("a warning", () =>
			headroom
				.recentLog()
				.some((line) => line.includes("headroom.engine.threads is invalid")),
		);
		await set("engine.threads", undefined);
	});

	it("sends no automatic requests while completions are off, and answers explicit ones", async () => {
		await vscode.commands.executeCommand("headroom.toggleCompletions");
		await until(
			"the setting",
			() => settings().get("completion.enabled") === false,
		);
		await until(
			"the end of the engine",
			() => headroom.engineStatus().kind === "stopped",
		);
		await open(shapes);
		const requests = headroom.requestCount();
		await vscode.commands.executeCommand("type", { text: "t" });
		await until("silence", () => newestOutcome() === "off");
		assert.equal(headroom.engineStatus().kind, "stopped");
		assert.equal(headroom.requestCount(), requests);
		await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
		await until("a request", () => headroom.requestCount() > requests);
		await until(
			"a decision",
			() => headroom.decisions()[0]?.isExplicit === true,
		);
		await vscode.commands.executeCommand("headroom.toggleCompletions");
		await until(
			"the setting",
			() => settings().get("completion.enabled") === true,
		);
	});

	it("is silent where a language is switched off", async () => {
		const isOn = () => settings().get("completion.languages.typescript");
		await open(shapes);
		await vscode.commands.executeCommand("headroom.toggleLanguage");
		await until("the setting", () => isOn() === false);
		await vscode.commands.executeCommand("type", { text: "t" });
		await until("silence", () => newestOutcome() === "languageOff");
		await vscode.commands.executeCommand("headroom.toggleLanguage");
		await until("the setting", () => isOn() === true);
		await set("completion.languages", undefined);
	});

	it("is silent while it is snoozed", async () => {
		const editor = await open(shapes);
		await takeFirst("headroom.snooze");
		await typeInEditor("t");
		await until("silence", () => newestOutcome() === "snoozed");
		// The first entry ends it now.
		await takeFirst("headroom.snooze");
		await typeInEditor("h");
		// A suggestion that is known from before needs no request.
		await until("an end of the silence", () => {
			const [newest] = headroom.decisions();
			return (
				newest?.column === editor.selection.active.character + 1 &&
				newestOutcome() !== "snoozed"
			);
		});
	});

	it("lists its decisions, without text of documents", async () => {
		await vscode.commands.executeCommand("headroom.whyNoSuggestion");
		await vscode.commands.executeCommand("workbench.action.closeQuickOpen");
		const decisions = headroom.decisions();
		assert.ok(decisions.length > 0 && decisions.length <= 50);
		assert.doesNotMatch(JSON.stringify(decisions), /radius|perimeter/);
	});

	it("restarts its engine by command", async () => {
		await until("an engine", () => headroom.engineStatus().kind === "ready");
		const before = engineProcessId();
		await vscode.commands.executeCommand("headroom.restartEngine");
		await until(
			"another engine",
			() =>
				engineProcessId() !== before &&
				headroom.engineStatus().kind === "ready",
		);
		assert.throws(() => process.kill(before, 0), "the old one is gone");
	});

	it("keeps the text of documents out of its log", () => {
		assert.doesNotMatch(headroom.recentLog().join("\n"), /radius|perimeter/);
	});
});
