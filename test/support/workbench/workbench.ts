/** VS Code in a browser: a server with this extension, and a person who opens files, types and looks. */

import assert from "node:assert/strict";
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { requireProgram } from "../../../scripts/shell.ts";
import {
	type ServeOptions,
	serveVscode,
	type VscodeServer,
} from "../../../scripts/vscodeServer.ts";
import { root } from "../models/realEngine.ts";
import { until, untilPasses, waitLimitMs } from "../until.ts";
import type { WindowReports } from "./windowReports.ts";

export const outFolder = path.join(root, "test", "out");

/** Against what would move under a test, or cover what it looks at. */
const quietSettings = {
	"security.workspace.trust.enabled": false,
	"telemetry.telemetryLevel": "off",
	// What moves on its own is painted in software, on the cores that the tests need.
	"editor.cursorBlinking": "solid",
	"workbench.reduceMotion": "on",
	"typescript.disableAutomaticTypeAcquisition": true,
	"typescript.tsserver.useSyntaxServer": "never",
	"workbench.startupEditor": "none",
	"workbench.secondarySideBar.defaultVisibility": "hidden",
	"chat.disableAIFeatures": true,
	"extensions.ignoreRecommendations": true,
	"files.hotExit": "off",
	"files.autoSave": "off",
};

export interface TestServer extends VscodeServer {
	/** VS Code's own data. */
	readonly dataFolder: string;
	/** Writes it to the settings file, as the user would. */
	setUserSetting(key: string, value: unknown): void;
}

export interface TestServerOptions
	extends Pick<ServeOptions, "env" | "settings"> {
	/** Folders of extensions that are installed beside this one. */
	readonly extensions?: readonly string[];
	readonly keybindings?: readonly {
		readonly key: string;
		readonly command: string;
		readonly args?: unknown;
	}[];
}

export async function startServer(
	version: string,
	{ keybindings = [], extensions = [], ...options }: TestServerOptions = {},
): Promise<TestServer> {
	const dataFolder = mkdtempSync(path.join(os.tmpdir(), "headroom-vscode-"));
	const userFolder = path.join(dataFolder, "data", "User");
	mkdirSync(userFolder, { recursive: true });
	writeFileSync(
		path.join(userFolder, "keybindings.json"),
		JSON.stringify(keybindings),
	);
	for (const folder of extensions)
		cpSync(folder, path.join(dataFolder, "extensions", path.basename(folder)), {
			recursive: true,
		});
	const setUserSetting = (key: string, value: unknown): void => {
		// Settings of a machine are those of the server that the extension runs on.
		const file = path.join(dataFolder, "data", "Machine", "settings.json");
		mkdirSync(path.dirname(file), { recursive: true });
		const settings = existsSync(file)
			? JSON.parse(readFileSync(file, "utf8"))
			: {};
		writeFileSync(file, JSON.stringify({ ...settings, [key]: value }));
	};
	// Prompts are full then, and suggestions the same, however busy the machine was when the model was measured.
	setUserSetting("headroom.completion.latencyTargetMs", 5000);
	// llama.cpp's threads wait for one another, and collapse beside the browser and other suites.
	setUserSetting("headroom.engine.threads", 1);
	// The built-in model is rarely sure, and what is tested is how its text is shown.
	setUserSetting("headroom.completion.confidence", "more");
	const server = await serveVscode({
		...options,
		version,
		dataFolder,
		isDriven: true,
		settings: { ...quietSettings, ...options.settings },
	});
	return {
		port: server.port,
		processId: server.processId,
		dataFolder,
		setUserSetting,
		async stop() {
			await server.stop();
			rmSync(dataFolder, { recursive: true, force: true });
		},
	};
}

/** Headless, and without the connections to its maker that Chromium opens by itself. */
export function startBrowser(): Promise<Browser> {
	return chromium.launch({
		executablePath: requireProgram(
			["chromium", "chromium-browser"],
			"chromium",
		),
		// It ends with this process in any case, and each browser would add a listener of its own.
		handleSIGINT: false,
		handleSIGTERM: false,
		handleSIGHUP: false,
		args: [
			"--no-sandbox",
			"--disable-gpu",
			"--disable-quic",
			"--no-first-run",
			"--disable-background-networking",
			"--disable-component-update",
			"--disable-sync",
		],
	});
}

export interface PageOptions {
	readonly port: number;
	readonly workspace: string;
	/** A test suite to run in the extension host. */
	readonly suiteFile?: string;
	/** Called with the exit code when the suite has run. */
	readonly onExit?: (code: number) => void;
	readonly onLog?: (type: string, text: string) => void;
}

export async function openPage(
	browser: Browser,
	{ port, workspace, suiteFile, onExit, onLog }: PageOptions,
): Promise<Page> {
	const page = await browser.newPage({
		viewport: { width: 1280, height: 800 },
	});
	page.setDefaultTimeout(waitLimitMs);
	// The driven workbench calls both; they must exist before it loads.
	await page.exposeFunction(
		"codeAutomationLog",
		(type: string, args: readonly unknown[]) =>
			onLog?.(type, args.map(String).join(" ")),
	);
	await page.exposeFunction("codeAutomationExit", (code: number) =>
		onExit?.(code),
	);
	const uri = (file: string) => `vscode-remote://127.0.0.1:${port}${file}`;
	const payload = [
		["skipWelcome", "true"],
		["extensionDevelopmentPath", uri(root)],
		...(suiteFile ? [["extensionTestsPath", uri(suiteFile)]] : []),
	];
	const query = new URLSearchParams({
		folder: workspace,
		payload: JSON.stringify(payload),
	});
	await page.goto(`http://127.0.0.1:${port}/?${query}`);
	return page;
}

/** Much longer than an answer takes where the machine is idle. */
const askAgainMs = 10_000;

/** What the editor draws may differ from what it got; so often the same, it counts as all of it. */
const maxEqualPolls = 100;

/** Nor the white space, which the editor may draw by other means. */
const withoutClosers = (text: string) => text.replace(/[\s)\]}>"'`;,]+/g, "");

/** What a person does in front of the workbench. */
export class Person {
	constructor(
		readonly page: Page,
		readonly reports: WindowReports,
	) {}

	/** Waits for the workbench, and the extension's item in its status bar. */
	async arrive(): Promise<void> {
		await this.page.waitForSelector(".monaco-workbench");
		await this.statusItem().waitFor();
	}

	statusItem() {
		return this.page.locator('.statusbar-item[id*="headroom.engine"]').first();
	}

	async statusLabel(): Promise<string> {
		return (
			(await this.statusItem()
				.locator("a")
				.first()
				.getAttribute("aria-label")) ?? ""
		);
	}

	/** Opens a file in the root of the workspace. */
	async open(name: string): Promise<void> {
		await this.page
			.locator(".explorer-folders-view .label-name", { hasText: name })
			.first()
			.dblclick();
		// Until its tab is the active one, the editor is that of another file.
		await this.page.locator(".tab.active", { hasText: name }).waitFor();
		const text = this.page.locator(".editor-instance .view-lines").first();
		await text.waitFor();
		await text.click();
	}

	/** Saves the file of the active tab, and waits until it is written. */
	async save(): Promise<void> {
		await this.press("Control+S");
		await this.page.locator(".tab.active:not(.dirty)").waitFor();
	}

	async type(text: string, delayMs = 20): Promise<void> {
		await this.page.keyboard.type(text, { delay: delayMs });
	}

	async press(...keys: readonly string[]): Promise<void> {
		for (const key of keys) await this.page.keyboard.press(key);
	}

	/** The pieces of ghost text on screen, joined. In the page, lower lines may precede the line above them. */
	async ghostText(): Promise<string> {
		const pieces = await this.page
			.locator('[class*="ghost-text-decoration"], .ghost-text')
			.evaluateAll((elements) =>
				elements
					.map((element) => {
						const { top, left } = element.getBoundingClientRect();
						return { top, left, text: element.textContent ?? "" };
					})
					.sort((a, b) => a.top - b.top || a.left - b.left)
					.map(({ text }) => text),
			);
		return pieces.join("").replaceAll("\u00a0", " ");
	}

	/**
	 * Waits for ghost text that the test can use; any, where it does not say. VS Code draws the first line and those below it at different
	 * times, so the text counts only when it is the same twice.
	 */
	async untilGhostText(
		isUsable: (text: string) => boolean = (text) => text.trim() !== "",
	): Promise<string> {
		let text = "";
		await until("usable ghost text", async () => {
			const before = text;
			text = await this.ghostText();
			if (text === before && isUsable(text)) return true;
			throw new Error(`the ghost text is ${JSON.stringify(text)}`);
		});
		return text;
	}

	/**
	 * Types line after line until the model suggests something that the test can use, and all of it is on screen: the beginning of an
	 * answer grows. What a model suggests at one place depends on the
	 * model; that it suggests something at one of several places does not.
	 */
	async typeUntilGhostText(
		lines: readonly string[],
		isUsable: (ghost: string, suggested: string) => boolean = (ghost) =>
			ghost.trim() !== "",
	): Promise<string> {
		const seen: string[] = [];
		for (const line of lines) {
			await this.type(line);
			const typedMs = Date.now();
			let askedMs = typedMs;
			let text = "";
			let equalPolls = 0;
			const isFound = await until(`an answer to ${line}`, async () => {
				const before = text;
				text = await this.ghostText();
				equalPolls = text === before ? equalPolls + 1 : 0;
				if (equalPolls === 0) return undefined;
				if (text === "") {
					if (this.#outcomeAtCursor(typedMs) === "none") return "no";
				} else if (
					this.#isAllShown(text, typedMs) ||
					equalPolls > maxEqualPolls
				)
					return isUsable(text, this.#suggested) ? "yes" : "no";
				// Where VS Code gave up waiting and the answer was none, it does not ask again on its own.
				if (Date.now() - askedMs > askAgainMs) {
					askedMs = Date.now();
					await this.press("Alt+\\");
				}
				return undefined;
			});
			if (isFound === "yes") return text;
			const outcome = this.reports.newest()?.decision?.outcome;
			seen.push(text || JSON.stringify(outcome));
			await this.press("Escape", "End", "Enter");
		}
		throw new Error(
			`no usable ghost text appeared after any of ${lines.join(" | ")}, only ${seen.join(" | ")}`,
		);
	}

	/** What the extension has decided since the given time about the place where the cursor is; undefined where it has not yet. */
	#outcomeAtCursor(sinceMs: number): "none" | "suggested" | undefined {
		const report = this.reports.newest();
		if (!report?.decision || !report.cursor) return undefined;
		const { atMs, cursor, decision } = report;
		const { outcome, line, column } = decision;
		if (atMs <= sinceMs || line !== cursor.line || column !== cursor.column)
			return undefined;
		// The editor asks again after a cancelled request.
		return outcome.kind === "none" && outcome.reason.kind === "cancelled"
			? undefined
			: outcome.kind;
	}

	/** What the editor got last, with its line breaks. */
	get #suggested(): string {
		return this.reports.newest()?.suggestion?.text ?? "";
	}

	/** Whether this ghost text is the whole of an answer since the given time. Closers that are in the document already may be missing. */
	#isAllShown(ghost: string, sinceMs: number): boolean {
		const { atMs = 0, suggestion } = this.reports.newest() ?? {};
		return (
			atMs > sinceMs &&
			suggestion?.isWhole === true &&
			withoutClosers(suggestion.text) === withoutClosers(ghost)
		);
	}

	/** The messages in toasts and in the notification center. */
	async notifications(): Promise<string[]> {
		await this.runCommand("Notifications: Show Notifications");
		const messages = await this.page
			.locator(".notification-list-item-message")
			.allTextContents();
		await this.press("Escape");
		return messages;
	}

	/** Waits for a message, in a toast or in the notification center: a driven VS Code 1.139 shows no toasts. */
	async untilNotification(text: RegExp): Promise<void> {
		const message = this.page.locator(".notification-list-item-message", {
			hasText: text,
		});
		const bell = this.page
			.locator('.statusbar-item[id*="notifications"]')
			.first();
		const center = this.page.locator(".notifications-center.visible");
		let attempts = 0;
		await until(`a message that matches ${text}`, async () => {
			if (await message.first().isVisible()) return true;
			// A toast is given a moment; the center would hide it.
			if (++attempts % 10 === 0 && (await center.count()) === 0)
				await bell.click();
			return false;
		});
	}

	async clickNotification(button: string): Promise<void> {
		await this.page
			.locator(".notification-list-item .monaco-button", { hasText: button })
			.first()
			.click();
	}

	async untilStatus(label: RegExp): Promise<void> {
		await untilPasses(async () =>
			assert.match(await this.statusLabel(), label),
		);
	}

	async runCommand(title: string): Promise<void> {
		await this.press("F1");
		await this.page.locator(".quick-input-widget input").first().waitFor();
		await this.type(title, 5);
		await this.page
			.locator(".quick-input-list .monaco-list-row", { hasText: title })
			.first()
			.waitFor();
		await this.press("Enter");
	}

	/** Kept under `test/out`, for people to look at. */
	async screenshot(name: string): Promise<void> {
		mkdirSync(outFolder, { recursive: true });
		await this.page.screenshot({ path: path.join(outFolder, `${name}.png`) });
	}
}
