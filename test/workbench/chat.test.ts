import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { FrameLocator } from "playwright-core";
import { newestVersion } from "../../scripts/vscodeServer.ts";
import { createConversation } from "../../src/chat/conversation.ts";
import { wholeFileText } from "../../src/client/conversationFile.ts";
import { writeChatModel } from "../support/chatModel.ts";
import { answered, question } from "../support/conversations.ts";
import { testFolder } from "../support/modelFolders.ts";
import { Session } from "../support/session.ts";
import type { Person, TestServer } from "../support/workbench.ts";

/** The built-in model talks nonsense, and much of it: what is looked at here is the way there and back. */
describe("a person who asks", function () {
	this.timeout(120_000);
	const session = new Session();
	const models = testFolder();
	const workspaceSettings = path.join(
		session.workspace,
		".vscode",
		"settings.json",
	);
	let person: Person;
	let server: TestServer;

	before(async () => {
		const file = models.at("chatting.gguf");
		writeChatModel(file);
		// A file that is there from the start is seen to change.
		mkdirSync(path.dirname(workspaceSettings));
		writeFileSync(workspaceSettings, "{}");
		({ person, server } = await session.start(newestVersion, {
			userSettings: {
				"headroom.model.file": file,
				"headroom.models.searchStores": false,
			},
		}));
		await person.open("shapes.ts");
	});
	after(async () => {
		await session.stop();
		models.remove();
	});
	afterEach(session.keepFailure("chat"));

	const view = (): FrameLocator =>
		person.page.frameLocator("iframe.webview").frameLocator("#active-frame");
	const input = () => view().locator(".composer textarea");
	const send = () => view().locator(".composer button.primary");
	const lastAnswer = () => view().locator(".message.assistant").last();
	const button = (name: string) => lastAnswer().getByRole("button", { name });

	/** Waits until the model has said what it has to say, or all there is room for. */
	async function untilAnswered(): Promise<void> {
		await view()
			.locator('.message.assistant.last[aria-busy="false"] .body')
			.filter({ hasText: /\S{2}/ })
			.waitFor({ timeout: 60_000 });
	}

	it("finds the panel ready, with the file that is looked at, before any model is loaded", async () => {
		await person.runCommand("Headroom: Ask About This");
		await input().waitFor({ timeout: 30_000 });
		await view().locator(".chip", { hasText: "shapes.ts" }).first().waitFor();
		await view().locator(".tokens", { hasText: "about" }).waitFor();
		await person.screenshot("chat-empty");
	});

	it("asks, and stops while the model is still being loaded", async () => {
		await input().fill("What is in this file?");
		await input().press("Enter");
		await send().filter({ hasText: "Stop" }).click();
		await lastAnswer().locator(".status.stopped").waitFor();
		assert.equal(await view().locator(".message.user").count(), 1);
	});

	it("has it answered after all, and goes back to the first attempt", async () => {
		await button("Regenerate").click();
		await view().locator('.message.assistant[aria-busy="true"]').waitFor();
		await person.screenshot("chat-streaming");
		await untilAnswered();
		await view().getByText("2 of 2").waitFor();
		const second = await lastAnswer().locator(".body").textContent();
		await button("Previous Version").click();
		await view().getByText("1 of 2").waitFor();
		assert.equal(await lastAnswer().locator(".body").textContent(), "");
		await button("Next Version").click();
		await view().getByText("2 of 2").waitFor();
		assert.equal(await lastAnswer().locator(".body").textContent(), second);
		assert.match(
			(await view().locator(".tokens").textContent()) ?? "",
			/Built-in 7M.* [\d,]+ of [\d,]+ tokens/,
		);
	});

	it("completes a slash command, and asks with it", async () => {
		await input().pressSequentially("/exp");
		await view().locator('[role="option"]', { hasText: "explain" }).waitFor();
		await person.screenshot("chat-suggestions");
		await input().press("Enter");
		await input().press("Enter");
		await untilAnswered();
		assert.match(
			(await view().locator(".message.user").last().textContent()) ?? "",
			/\/explain/,
		);
	});

	it("finds the conversation again after a reload of the window", async () => {
		const shown = await lastAnswer().locator(".body").textContent();
		await person.page.reload();
		await person.arrive();
		await person.runCommand("Headroom: Ask About This");
		await view().locator(".message.assistant").last().waitFor();
		assert.equal(await view().locator(".message.user").count(), 2);
		assert.equal(await lastAnswer().locator(".body").textContent(), shown);
	});

	it("opens a conversation of before, applies its code, and rejects that", async () => {
		const kept = readdirSync(server.dataFolder, {
			recursive: true,
			encoding: "utf8",
		}).find((it) => /conversations.[\w-]+\.jsonl$/.test(it));
		assert.ok(kept, "the conversation is on the disk");
		const folder = path.dirname(path.join(server.dataFolder, kept));
		const file = path.join(session.workspace, "shapes.ts");
		const before = readFileSync(file, "utf8");
		const first = before.split("\n")[0] ?? "";
		const changed = before.replace(first, `${first} // changed`);
		writeFileSync(
			path.join(folder, "seeded.jsonl"),
			wholeFileText(
				answered(
					createConversation("seeded", 1),
					question("seeded", 2),
					`In \`shapes.ts\`:\n\n\`\`\`ts\n${changed}\n\`\`\`\n`,
				),
			),
		);
		await view().getByRole("button", { name: "History" }).click();
		await view().getByRole("button", { name: "ask seeded" }).first().click();
		await lastAnswer().locator(".code-block").waitFor();
		await person.screenshot("chat-light");
		await button("Apply to the File").click();
		await person.page
			.locator(".diff-editor, .monaco-diff-editor")
			.first()
			.waitFor();
		await person.screenshot("chat-diff");
		await person.runCommand("Headroom: Reject Proposed Change");
		await person.page
			.locator(".monaco-diff-editor")
			.first()
			.waitFor({ state: "hidden" });
		assert.equal(readFileSync(file, "utf8"), before);
	});

	const themes: readonly (readonly [theme: string, color: string])[] = [
		["Dark 2026", "rgb(255, 123, 114)"],
		["Default High Contrast", "rgb(86, 156, 214)"],
	];
	for (const [theme, color] of themes)
		it(`has the colours of the editor: ${theme}`, async () => {
			/** Of the word `interface`, as the file of the theme has it. */
			const shown = async () =>
				await lastAnswer()
					.locator(".code-block code span", { hasText: "interface" })
					.last()
					.evaluate(
						(it) => it.ownerDocument.defaultView.getComputedStyle(it).color,
					);
			writeFileSync(
				workspaceSettings,
				JSON.stringify({ "workbench.colorTheme": theme }),
			);
			for (let waited = 0; waited < 10_000; waited += 200) {
				if ((await shown().catch(() => "")) === color) break;
				await person.page.waitForTimeout(200);
			}
			await person.screenshot(
				`chat-${theme.toLowerCase().replaceAll(" ", "-")}`,
			);
			assert.equal(await shown(), color);
		});
});
