import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { newestVersion, oldestVersion } from "../../scripts/vscodeServer.ts";
import { createConversation } from "../../src/chat/conversation/conversation.ts";
import { conversationText } from "../../src/storage/conversations/conversationFile.ts";
import { answered, question } from "../support/conversations.ts";
import { writeChatModel } from "../support/models/chatModel.ts";
import { testFolder } from "../support/models/toolFolders.ts";
import { untilPasses } from "../support/until.ts";
import { accessibilityViolations } from "../support/workbench/axe.ts";
import { ChatPanelOnPage } from "../support/workbench/chatPanel.ts";
import { Session } from "../support/workbench/session.ts";
import type { Person, TestServer } from "../support/workbench/workbench.ts";

/** The built-in model talks nonsense, and much of it: what is looked at here is the way there and back. */
for (const version of [oldestVersion, newestVersion])
	describe(`chat on screen in VS Code ${version.replace(/^4/, "1")}`, () => {
		const name = version.replace(/^4/, "1").replace(/\.\d+$/, "");
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
			({ person, server } = await session.start(version, {
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
		afterEach(session.keepFailure(`chat-${name}`));

		const panel = new ChatPanelOnPage(() => person.page);

		it("finds the panel ready, with the visible file, before a model is loaded", async () => {
			await person.runCommand("Headroom: Ask About This");
			await panel.input.waitFor();
			await panel.view
				.locator(".chip", { hasText: "shapes.ts" })
				.first()
				.waitFor();
			await panel.view.locator(".tokens", { hasText: "about" }).waitFor();
			await person.screenshot(`chat-empty-${name}`);
		});

		it("asks, and stops while the model is still being loaded", async () => {
			await panel.ask("What is in this file?");
			await panel.send.filter({ hasText: "Stop" }).click();
			await panel.lastAnswer.locator(".status.stopped").waitFor();
			assert.equal(await panel.view.locator(".message.user").count(), 1);
		});

		it("regenerates the answer, and goes back to the first one", async () => {
			await panel.button("Regenerate").click();
			await panel.view.getByText("2 of 2").waitFor();
			await panel.untilAnswered();
			const second = await panel.lastAnswer.locator(".body").textContent();
			await panel.button("Previous Version").click();
			await panel.view.getByText("1 of 2").waitFor();
			assert.equal(await panel.lastAnswer.locator(".body").textContent(), "");
			await panel.button("Next Version").click();
			await panel.view.getByText("2 of 2").waitFor();
			assert.equal(
				await panel.lastAnswer.locator(".body").textContent(),
				second,
			);
			assert.match(
				(await panel.view.locator(".tokens").textContent()) ?? "",
				/Built-in 7M.* [\d,]+ of [\d,]+ tokens/,
			);
		});

		it("completes a slash command, and asks with it", async () => {
			await panel.input.pressSequentially("/exp");
			await panel.view
				.locator('[role="option"]', { hasText: "explain" })
				.waitFor();
			await person.screenshot(`chat-suggestions-${name}`);
			await panel.input.press("Enter");
			await panel.input.press("Enter");
			await panel.view
				.locator(".message.user", { hasText: "/explain" })
				.waitFor();
			await panel.untilAnswered();
		});

		it("opens a fit report that axe-core does not object to", async () => {
			await person.runCommand("Headroom: Show Fit Report");
			const report = '.monaco-editor[data-uri^="headroom-report:"]';
			await person.page
				.locator(`${report} .view-line`, { hasText: "PREDICTED VS." })
				.waitFor();
			await person.screenshot(`chat-fit-report-${name}`);
			assert.deepEqual(await accessibilityViolations(person.page, report), []);
			// The chat stands where the explorer was.
			await person.page.locator(".tab", { hasText: "shapes.ts" }).click();
		});

		it("finds the conversation again after a reload of the window", async () => {
			const shown = await panel.lastAnswer.locator(".body").textContent();
			await person.page.reload();
			await person.arrive();
			await person.runCommand("Headroom: Ask About This");
			await panel.view.locator(".message.assistant").last().waitFor();
			assert.equal(await panel.view.locator(".message.user").count(), 2);
			assert.equal(
				await panel.lastAnswer.locator(".body").textContent(),
				shown,
			);
		});

		it("opens an earlier conversation, applies its code, and rejects the change", async () => {
			const kept = readdirSync(server.dataFolder, {
				recursive: true,
				encoding: "utf8",
			}).find((it) => /conversations.[\w-]{36}\.json$/.test(it));
			assert.ok(kept, "the conversation is on the disk");
			const folder = path.dirname(path.join(server.dataFolder, kept));
			const file = path.join(session.workspace, "shapes.ts");
			const before = readFileSync(file, "utf8");
			const first = before.split("\n")[0] ?? "";
			const changed = before.replace(first, `${first} // changed`);
			writeFileSync(
				path.join(folder, "seeded.json"),
				conversationText(
					answered(
						createConversation("seeded", 1),
						question("seeded", 2),
						`In \`shapes.ts\`:\n\n\`\`\`ts\n${changed}\n\`\`\`\n`,
					),
				),
			);
			await panel.view.getByRole("button", { name: "History" }).click();
			await panel.view
				.getByRole("button", { name: "ask seeded" })
				.first()
				.click();
			// Until it is there, the last answer is that of the other conversation.
			await panel.lastAnswer
				.locator(".code-block", { hasText: "// changed" })
				.waitFor();
			await person.screenshot(`chat-light-${name}`);
			await panel.button("Apply to File").click();
			await person.page
				.locator(".diff-editor, .monaco-diff-editor")
				.first()
				.waitFor();
			await person.page
				.locator(".monaco-diff-editor .view-line", { hasText: "// changed" })
				.first()
				.waitFor();
			await person.screenshot(`chat-diff-${name}`);
			await person.runCommand("Headroom: Reject Proposed Change");
			await person.page
				.locator(".monaco-diff-editor")
				.first()
				.waitFor({ state: "hidden" });
			assert.equal(readFileSync(file, "utf8"), before);
		});

		it("shows no answer that axe-core objects to", async () => {
			assert.deepEqual(await accessibilityViolations(await panel.frame()), []);
		});

		const themes: readonly (readonly [
			theme: string,
			kind: string,
			color: string,
		])[] = [
			version === oldestVersion
				? ["Default Dark Modern", "vs-dark", "rgb(86, 156, 214)"]
				: ["Dark 2026", "vs-dark", "rgb(255, 123, 114)"],
			["Default High Contrast", "hc-black", "rgb(86, 156, 214)"],
		];
		for (const [theme, kind, color] of themes)
			it(`has the editor's colors: ${theme}`, async () => {
				/** Of the word `interface`, as the file of the theme has it. */
				const shown = async () =>
					await panel.lastAnswer
						.locator(".code-block code span", { hasText: "interface" })
						.last()
						.evaluate(
							(it) => it.ownerDocument.defaultView.getComputedStyle(it).color,
						);
				writeFileSync(
					workspaceSettings,
					JSON.stringify({ "workbench.colorTheme": theme }),
				);
				await person.page.locator(`.monaco-workbench.${kind}`).waitFor();
				await untilPasses(async () => assert.equal(await shown(), color));
				await person.screenshot(
					`chat-${theme.toLowerCase().replaceAll(" ", "-")}-${name}`,
				);
				assert.deepEqual(
					await accessibilityViolations(await panel.frame()),
					[],
				);
			});
	});
