import assert from "node:assert/strict";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { newestVersion } from "../../scripts/vscodeServer.ts";
import { conversationText } from "../../src/storage/conversations/conversationFile.ts";
import { talk } from "../support/conversations.ts";
import { writeChatModel } from "../support/models/chatModel.ts";
import { testFolder } from "../support/models/toolFolders.ts";
import { until } from "../support/until.ts";
import { ChatPanelOnPage } from "../support/workbench/chatPanel.ts";
import { Session } from "../support/workbench/session.ts";
import type { Person, TestServer } from "../support/workbench/workbench.ts";

/** What the view takes at once. */
const pageMessages = 40;

describe("conversations that go on", () => {
	const session = new Session();
	const folders = testFolder();
	let person: Person;
	let server: TestServer;
	const panel = new ChatPanelOnPage(() => person.page);

	before(async () => {
		const file = folders.at("chatting.gguf");
		writeChatModel(file, { contextWindow: 8_192 });
		const lines = Array.from(
			{ length: 160 },
			(_, index) => `export const part${index} = join(part${index * 7}, "/");`,
		);
		writeFileSync(
			path.join(session.workspace, "parts.ts"),
			`${lines.join("\n")}\n`,
		);
		({ person, server } = await session.start(newestVersion, {
			userSettings: {
				"headroom.model.file": file,
				"headroom.models.searchStores": false,
			},
		}));
		await person.open("parts.ts");
		await person.runCommand("Headroom: Ask About This");
		await panel.input.waitFor();
	});
	after(async () => {
		await session.stop();
		folders.remove();
	});
	afterEach(session.keepFailure("conversations"));

	/** Of every answer of every window so far: its prompt, and what of that was not evaluated anew. */
	function answers(): { readonly prompt: number; readonly reused: number }[] {
		return session.reports.logLines().flatMap((line) => {
			const [, prompt, reused] =
				/ chat \S+: .*prompt (\d+) tokens, (\d+) reused/.exec(line) ?? [];
			return prompt ? [{ prompt: Number(prompt), reused: Number(reused) }] : [];
		});
	}

	/** Asks, stops the answer, and says what the answer took. */
	async function ask(question: string) {
		const before = answers();
		await panel.ask(question);
		await panel.stopAnswer();
		return await until(`the answer to "${question}" in the log`, () =>
			answers().find(
				({ prompt }) => !before.some((it) => it.prompt === prompt),
			),
		);
	}

	function filesOfData(): string[] {
		return readdirSync(server.dataFolder, {
			recursive: true,
			encoding: "utf8",
		}).map((name) => path.join(server.dataFolder, name));
	}

	async function untilStateIsSaved(sinceMs: number): Promise<void> {
		await until("the saved state of the conversation", () => {
			const file = filesOfData().find((it) =>
				it.endsWith("chat-state.bin.json"),
			);
			const stats = file && statSync(file, { throwIfNoEntry: false });
			return stats && stats.mtimeMs > sinceMs;
		});
	}

	const isMostlyReused = ({
		prompt,
		reused,
	}: Awaited<ReturnType<typeof ask>>): void => {
		assert.ok(prompt >= 2_000, `the prompt has ${prompt} tokens`);
		assert.ok(reused >= 0.95 * prompt, `${reused} of ${prompt} are reused`);
	};

	it("evaluate only the new tokens of a second question", async () => {
		await panel.view
			.locator(".chip", { hasText: "parts.ts" })
			.first()
			.waitFor();
		const first = await ask("What are these parts?");
		assert.ok(first.prompt >= 2_000, `the prompt has ${first.prompt} tokens`);
		assert.ok(first.reused < 0.1 * first.prompt);
		const askedMs = Date.now();
		isMostlyReused(await ask("And which is the last one?"));
		await untilStateIsSaved(askedMs);
	});

	it("evaluate only the new tokens after a reload of the window, too", async () => {
		await person.page.reload();
		await person.arrive();
		await person.runCommand("Headroom: Ask About This");
		await panel.view.locator(".message.assistant").nth(1).waitFor();
		isMostlyReused(await ask("And the one before that?"));
	});

	it("open with ten thousand messages, of which the last ones are on the page", async () => {
		const kept = filesOfData().find((it) =>
			/conversations.[\w-]{36}\.json$/.test(it),
		);
		assert.ok(kept, "the conversation is on the disk");
		const names = Array.from({ length: 5_000 }, (_, index) => `long${index}`);
		writeFileSync(
			path.join(path.dirname(kept), "long.json"),
			conversationText(talk("long", ...names)),
		);
		const messages = panel.view.locator(".message");
		await panel.view.getByRole("button", { name: "History" }).click();
		await panel.view.getByRole("button", { name: "ask long0" }).first().click();
		await panel.lastAnswer.filter({ hasText: "ask long4999" }).waitFor();
		assert.equal(await messages.count(), pageMessages);
		await person.screenshot("chat-ten-thousand");
		await panel.view
			.getByRole("button", { name: "Show Earlier Messages" })
			.click();
		await messages.nth(pageMessages).waitFor({ state: "attached" });
		assert.equal(await messages.count(), 2 * pageMessages);
	});
});
