/** VS Code in a browser: a server with this extension, and a person who opens files, types and looks. */

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

export const outFolder = path.join(root, "test", "out");

/** What would move under a test, or cover what it looks at. */
const quietSettings = {
	"security.workspace.trust.enabled": false,
	"telemetry.telemetryLevel": "off",
	"workbench.startupEditor": "none",
	"workbench.secondarySideBar.defaultVisibility": "hidden",
	"chat.disableAIFeatures": true,
	"extensions.ignoreRecommendations": true,
	"files.hotExit": "off",
	"files.autoSave": "off",
};

export interface TestServer extends VscodeServer {
	/** Where VS Code keeps what is its own. */
	readonly dataFolder: string;
	/** As if the user had written it into the settings file. */
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
	const server = await serveVscode({
		...options,
		version,
		dataFolder,
		isDriven: true,
		settings: { ...quietSettings, ...options.settings },
	});
	return {
		port: server.port,
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
	/** A suite to run in the extension host. */
	readonly suiteFile?: string;
	/** The workbench ends with this code, when a suite has run. */
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

/** What a person does in front of the workbench. */
export class Person {
	constructor(readonly page: Page) {}

	/** Waits until the workbench is there and the extension's item stands in the status bar. */
	async arrive(): Promise<void> {
		await this.page.waitForSelector(".monaco-workbench", { timeout: 60_000 });
		await this.statusItem().waitFor({ timeout: 60_000 });
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
		await this.page
			.locator(".editor-instance .view-lines")
			.first()
			.waitFor({ timeout: 20_000 });
		await this.page.locator(".editor-instance .view-lines").first().click();
	}

	async type(text: string, delayMs = 40): Promise<void> {
		await this.page.keyboard.type(text, { delay: delayMs });
	}

	async press(...keys: readonly string[]): Promise<void> {
		for (const key of keys) await this.page.keyboard.press(key);
	}

	/** The pieces of ghost text on screen, as one text. In the page, lines below may stand before the line above them. */
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
	 * Waits for ghost text that will do; any will where nothing is said. VS Code draws the first line and the ones below it at different
	 * times: so it counts only where it is the same twice.
	 */
	async untilGhostText(
		willDo: (text: string) => boolean = (text) => text.trim() !== "",
		withinMs = 20_000,
	): Promise<string> {
		let text = "";
		for (let waited = 0; waited < withinMs; waited += 100) {
			const before = text;
			text = await this.ghostText();
			if (text === before && willDo(text)) return text;
			await this.page.waitForTimeout(100);
		}
		throw new Error(`the ghost text is still ${JSON.stringify(text)}`);
	}

	/**
	 * Types line after line until the model has something to say. What a model of any size suggests at one place is its own
	 * affair; that it is silent at all of several is not.
	 */
	async typeUntilGhostText(
		lines: readonly string[],
		willDo?: (text: string) => boolean,
	): Promise<string> {
		for (const line of lines) {
			await this.type(line);
			const ghost = await this.untilGhostText(willDo, 8_000).catch(() => "");
			if (ghost !== "") return ghost;
			await this.press("Escape", "End", "Enter");
		}
		throw new Error(`no ghost text appeared after any of ${lines.join(" | ")}`);
	}

	/** The messages in toasts and behind the bell. */
	async notifications(): Promise<string[]> {
		await this.runCommand("Notifications: Show Notifications");
		const messages = await this.page
			.locator(".notification-list-item-message")
			.allTextContents();
		await this.press("Escape");
		return messages;
	}

	/** Waits for a message, as a toast or behind the bell: a driven VS Code 1.139 keeps toasts back. */
	async untilNotification(text: RegExp, withinMs = 30_000): Promise<void> {
		const message = this.page
			.locator(".notification-list-item-message", { hasText: text })
			.first();
		const bell = this.page
			.locator('.statusbar-item[id*="notifications"]')
			.first();
		const center = this.page.locator(".notifications-center.visible");
		for (let waited = 0; waited < withinMs; waited += 3_000) {
			const isShown = await message
				.waitFor({ timeout: 3_000 })
				.then(() => true)
				.catch(() => false);
			if (isShown) return;
			if ((await center.count()) === 0) await bell.click();
		}
		throw new Error(`no message matched ${text}`);
	}

	async clickNotification(button: string): Promise<void> {
		await this.page
			.locator(".notification-list-item .monaco-button", { hasText: button })
			.first()
			.click();
	}

	async untilStatus(label: RegExp, withinMs = 30_000): Promise<void> {
		for (let waited = 0; waited < withinMs; waited += 100) {
			if (label.test(await this.statusLabel())) return;
			await this.page.waitForTimeout(100);
		}
		throw new Error(`the status is still "${await this.statusLabel()}"`);
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
