import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { newestVersion } from "../../scripts/vscodeServer.ts";
import { writeChatModel } from "../support/models/chatModel.ts";
import { writeOtherModel } from "../support/models/otherModel.ts";
import { patchModel } from "../support/models/patchModel.ts";
import { builtInModel } from "../support/models/realEngine.ts";
import { shapeNamed, writeShapeModel } from "../support/models/shapeModels.ts";
import { testFolder } from "../support/models/toolFolders.ts";
import { Session } from "../support/workbench/session.ts";
import type { Person } from "../support/workbench/workbench.ts";

describe("switching models on screen", () => {
	const session = new Session();
	const models = testFolder();
	let person: Person;

	before(async () => {
		// 33 GB, and more than the machines have that run this.
		await writeShapeModel(
			models.at("giant-coder-32b-q8_0.gguf"),
			shapeNamed("Qwen2.5-Coder-32B"),
			"Q8_0",
		);
		writeFileSync(models.at("broken.gguf"), "no model");
		writeOtherModel(models.at("tiny-draft.gguf"));
		({ person } = await session.start(newestVersion, {
			userSettings: {
				"headroom.models.folders": [models.folder],
				"headroom.models.searchStores": false,
			},
		}));
	});
	after(async () => {
		await session.stop();
		models.remove();
	});
	afterEach(session.keepFailure("switch"));

	const row = (text: string) =>
		person.page
			.locator(".quick-input-list .monaco-list-row", { hasText: text })
			.first();

	/** Opens the list, and waits until all models are in it. */
	async function openList(): Promise<void> {
		await person.runCommand("Headroom: Switch Model");
		await row("broken").waitFor();
	}

	async function choose(text: string): Promise<void> {
		await person.type(text, 5);
		await row(text).waitFor();
		await person.press("Enter");
	}

	async function untilSuggested(): Promise<string> {
		await person.press("Escape", "Control+End", "Enter");
		return person.typeUntilGhostText([
			"for (const shape of shapes) {",
			"return ",
			"const ",
		]);
	}

	it("starts with the built-in model, where no other fits", async () => {
		await person.open("shapes.ts");
		await untilSuggested();
		assert.match(await person.statusLabel(), /Built-in 7M/);
	});

	it("lists what each model needs, the recommended one first and unusable ones last", async () => {
		await openList();
		await person.screenshot("switch-model");
		const labels = await person.page
			.locator(".quick-input-list .monaco-list-row")
			.evaluateAll((rows) => rows.map((it) => it.ariaLabel ?? ""));
		const order = [
			"Automatic",
			"Built-in 7M, Q8_0",
			"draft",
			"giant",
			"broken",
		].map((name) => labels.findIndex((it) => it.includes(name)));
		assert.deepEqual(
			order,
			[...order].sort((a, b) => a - b),
			labels.join("\n"),
		);
		assert.ok(!order.includes(-1), labels.join("\n"));
		const giant = labels[order[3] ?? -1] ?? "";
		assert.match(
			giant,
			/Does not fit: needs [\d.]+ GB .*and [\d.]+ GB are free/,
		);
		assert.match(labels[order[1] ?? -1] ?? "", /about \d+ tokens per second/);
		assert.match(labels[order[4] ?? -1] ?? "", /is not a GGUF file/);
		await person.press("Escape");
	});

	it("switches, and the other model makes the next completion", async () => {
		await openList();
		await choose("tiny-draft");
		await person.untilStatus(/Draft 1\.6M/);
		await untilSuggested();
		await person.screenshot("switched-model");
		assert.match(await person.statusLabel(), /Draft 1\.6M/);
	});

	it("says why a model that does not fit is not loaded, and keeps the current one", async () => {
		await openList();
		await choose("giant-coder");
		await person.untilNotification(
			/giant-coder\S* does not fit: .* needs .* free [\d.]+ GB/,
		);
		await person.screenshot("switch-refused");
		assert.match(await person.statusLabel(), /Draft 1\.6M/);
	});

	it("returns to the automatic choice", async () => {
		await openList();
		await choose("Automatic");
		await person.untilStatus(/Built-in 7M/);
	});

	it("pins a model to the workspace", async () => {
		await openList();
		await person.type("tiny-draft", 5);
		await row("tiny-draft").hover();
		await row("tiny-draft").locator(".action-label").first().click();
		await person.untilStatus(/Draft 1\.6M/);
		await openList();
		await row("selected for this workspace").waitFor();
		await person.screenshot("switch-pinned");
		await choose("Automatic");
		await person.untilStatus(/Built-in 7M/);
	});

	it("rolls back to the previous model when the chosen one cannot be loaded", async () => {
		// Two tokens of the same text: llama.cpp aborts, each time.
		patchModel(builtInModel, models.at("crashing.gguf"), [
			["<|fim_middle|>", "<|fim_prefix|>"],
		]);
		await openList();
		await choose("crashing");
		await person.untilNotification(
			/crashed while loading .*crashing.*Rolled back to .*Built-in 7M/,
		);
		await person.untilStatus(/Built-in 7M/);
		await person.screenshot("switch-restored");
	});

	it("takes the next best model when the automatic choice cannot be loaded", async () => {
		// The crashing one is the largest that is installed and fits.
		await person.runCommand("Notifications: Clear All Notifications");
		await openList();
		await choose("Automatic");
		await person.untilNotification(
			/crashed while loading .*crashing.*Rolled back to .*Built-in 7M/,
		);
		await person.untilStatus(/Built-in 7M/);
	});

	it("gives the chat a model of its own, and keeps the one for completion", async () => {
		await person.runCommand("Notifications: Clear All Notifications");
		writeChatModel(models.at("talking.gguf"));
		await openList();
		await person.screenshot("switch-completion");
		await choose("Models for chat");
		await row("Same as for completion").waitFor();
		await row("talking").waitFor();
		await person.screenshot("switch-chat");
		const labels = await person.page
			.locator(".quick-input-list .monaco-list-row")
			.evaluateAll((rows) => rows.map((it) => it.ariaLabel ?? ""));
		assert.match(labels[0] ?? "", /Automatic/);
		assert.ok(!labels.some((it) => /Built-in 7M, Q8_0/.test(it)));
		await choose("talking");
		await person.untilStatus(
			/Completion: .*Built-in 7M.* Chat: .*Built-in 7M.* tokens per second, loaded in /,
		);
		await untilSuggested();
		await person.screenshot("switched-chat");
		await openList();
		await choose("Models for chat");
		await row("selected").filter({ hasText: "talking" }).waitFor();
		await choose("Same as for completion");
		await person.untilStatus(/^(?!.*Chat: ).*Built-in 7M/);
	});
});
