/** The chat panel's page in a browser of its own, with the test in the place of the extension host. */

import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import type {
	FromChatView,
	ToChatView,
} from "../../../src/protocol/chatView.ts";
import { chatHtml } from "../../../src/vscode/chat/chatHtml.ts";
import { root } from "../models/realEngine.ts";
import { until, waitLimitMs } from "../until.ts";
import { accessibilityViolations } from "./axe.ts";
import { bodyClasses, type ThemeName, variables } from "./webviewThemes.ts";

/** What the tests put into the page. */
interface PageGlobals {
	posted: FromChatView[];
	broken: string[];
	hasRun: boolean;
	postMessage(message: unknown, origin: string): void;
}
declare const window: PageGlobals;

/** Runs before the page's own script. */
const fakeHost = `
	globalThis.posted = [];
	globalThis.broken = [];
	globalThis.hasRun = false;
	globalThis.acquireVsCodeApi = () => ({
		postMessage: (message) => posted.push(structuredClone(message)),
		getState: () => JSON.parse(sessionStorage.getItem("state")),
		setState: (state) => sessionStorage.setItem("state", JSON.stringify(state)),
	});
	addEventListener("error", ({ message }) => broken.push(message));
	addEventListener("unhandledrejection", ({ reason }) => broken.push(String(reason)));
	document.addEventListener("securitypolicyviolation",
		({ violatedDirective, blockedURI }) => broken.push(violatedDirective + " " + blockedURI));
`;

export class WebviewPage {
	readonly page: Page;
	/** Every address that the page asked for, its own three left out. */
	readonly requests: readonly string[];
	readonly dialogs: readonly string[];
	readonly #server: Server;

	private constructor(page: Page, server: Server) {
		const requests: string[] = [];
		const dialogs: string[] = [];
		this.page = page;
		this.#server = server;
		this.requests = requests;
		this.dialogs = dialogs;
		page.on("request", (request) => {
			const { pathname, protocol } = new URL(request.url());
			const isOwn = ["/", "/chat.js", "/chat.css"].includes(pathname);
			if (!isOwn || protocol !== "http:") requests.push(request.url());
		});
		page.on("dialog", (dialog) => {
			dialogs.push(dialog.message());
			void dialog.dismiss();
		});
	}

	static async open(
		browser: Browser,
		theme: ThemeName = "dark",
	): Promise<WebviewPage> {
		const server = await serve();
		const { port } = server.address() as AddressInfo;
		const page = await browser.newPage({
			viewport: { width: 420, height: 800 },
			reducedMotion: "reduce",
		});
		page.setDefaultTimeout(waitLimitMs);
		const webview = new WebviewPage(page, server);
		await page.addInitScript(fakeHost);
		await page.goto(`http://127.0.0.1:${port}/`);
		await webview.setTheme(theme);
		await webview.untilPosted("ready");
		await webview.send({ kind: "strings", strings: {} });
		return webview;
	}

	async setTheme(theme: ThemeName): Promise<void> {
		await this.page.evaluate(
			`document.body.className = ${JSON.stringify(bodyClasses[theme])};
			document.documentElement.removeAttribute("style");
			for (const [name, value] of Object.entries(${JSON.stringify(variables[theme])}))
				document.documentElement.style.setProperty("--vscode-" + name, value);`,
		);
	}

	/** As the host would, with a turn of the page's loop behind each. */
	async send(...messages: readonly ToChatView[]): Promise<void> {
		for (const message of messages)
			await this.page.evaluate((it) => {
				window.postMessage(it, "*");
				return new Promise((resolve) => setTimeout(resolve));
			}, message);
	}

	/** Waits for two frames of the page: what was changed before is drawn, and its scroll events are handled. */
	async frames(): Promise<void> {
		await this.page.evaluate(
			"new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))",
		);
	}

	/** Waits until the page no longer changes, as when code has been highlighted. */
	async untilStill(): Promise<void> {
		let before: unknown;
		await until("a page that no longer changes", async () => {
			await this.frames();
			const now = await this.page.evaluate("document.body.innerHTML");
			if (now === before) return true;
			before = now;
			return false;
		});
	}

	posted(): Promise<readonly FromChatView[]> {
		return this.page.evaluate(() => window.posted);
	}

	/** The last message of the kind; waits for one. */
	async untilPosted<Kind extends FromChatView["kind"]>(
		kind: Kind,
	): Promise<Extract<FromChatView, { kind: Kind }>> {
		return await until(`the message ${kind} of the page`, async () =>
			(await this.posted()).findLast(
				(it): it is Extract<FromChatView, { kind: Kind }> => it.kind === kind,
			),
		);
	}

	forgetPosted(): Promise<void> {
		return this.page.evaluate(() => {
			window.posted = [];
		});
	}

	/** What went wrong in the page: errors, and what the policy refused. */
	broken(): Promise<readonly string[]> {
		return this.page.evaluate(() => window.broken);
	}

	/** Whether text of a model became code. */
	hasRun(): Promise<boolean> {
		return this.page.evaluate(() => window.hasRun);
	}

	/** What axe-core finds, in lines. */
	async accessibilityViolations(): Promise<string[]> {
		const violations = await accessibilityViolations(this.page);
		return violations.map(({ rule, text }) => `${rule}: ${text}`);
	}

	async close(): Promise<void> {
		await this.page.close();
		await new Promise((resolve) => this.#server.close(resolve));
	}
}

async function serve(): Promise<Server> {
	const files: Readonly<Record<string, readonly [type: string, text: string]>> =
		{
			"/chat.js": ["text/javascript", read("dist/webview/chat.js")],
			"/chat.css": ["text/css", read("media/chat.css")],
		};
	const server = createServer((request, response) => {
		const { host = "" } = request.headers;
		const html = chatHtml({
			cspSource: `http://${host}`,
			nonce: "nonceOfTheTest",
			scriptUri: "/chat.js",
			styleUri: "/chat.css",
			language: "en",
			title: "Headroom Chat",
		});
		const file =
			request.url === "/" ? ["text/html", html] : files[request.url ?? ""];
		const [type, text] = file ?? [];
		if (text === undefined) {
			response.writeHead(404).end();
			return;
		}
		// Stricter than the page's own policy: a text that becomes HTML by another way than the sanitizer throws.
		response.setHeader(
			"Content-Security-Policy",
			"require-trusted-types-for 'script'; trusted-types dompurify",
		);
		response.setHeader("Content-Type", `${type}; charset=utf-8`);
		response.end(text);
	});
	await new Promise<void>((resolve) =>
		server.listen(0, "127.0.0.1", () => resolve()),
	);
	return server;
}

function read(file: string): string {
	return readFileSync(path.join(root, file), "utf8");
}
