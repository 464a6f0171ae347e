/** A VS Code window of their own for the tests of one suite: server, browser and the person in front of it. */

import { rmSync } from "node:fs";
import path from "node:path";
import type { Browser } from "playwright-core";
import { root } from "../models/realEngine.ts";
import { sampleWorkspace } from "./runSuite.ts";
import { WindowReports } from "./windowReports.ts";
import {
	openPage,
	Person,
	startBrowser,
	startServer,
	type TestServer,
	type TestServerOptions,
} from "./workbench.ts";

export interface SessionOptions
	extends Pick<TestServerOptions, "settings" | "keybindings"> {
	/** Written to the settings file before the first start. */
	readonly userSettings?: Readonly<Record<string, unknown>>;
}

export class Session {
	/** A copy of the sample workspace. */
	readonly workspace = sampleWorkspace();
	readonly reports = new WindowReports();
	#server: TestServer | undefined;
	#browser: Browser | undefined;
	#person: Person | undefined;

	async start(
		version: string,
		{ userSettings = {}, ...options }: SessionOptions = {},
	): Promise<{ readonly person: Person; readonly server: TestServer }> {
		const server = await startServer(version, {
			...options,
			env: { HEADROOM_TEST_REPORTS: this.reports.folder },
			extensions: [path.join(root, "test/support/windowReporter")],
		});
		this.#server = server;
		for (const [key, value] of Object.entries(userSettings))
			server.setUserSetting(key, value);
		this.#browser = await startBrowser();
		const { port } = server;
		const { workspace } = this;
		const person = new Person(
			await openPage(this.#browser, { port, workspace }),
			this.reports,
		);
		this.#person = person;
		await person.arrive();
		return { person, server };
	}

	/** A mocha hook that takes a screenshot after a test that failed, and prints the end of the log. */
	keepFailure(name: string): Mocha.AsyncFunc {
		const keep = async (title: string): Promise<void> => {
			console.log(this.reports.logLines().slice(-20).join("\n"));
			await this.#person?.screenshot(`failed-${name}-${title.slice(0, 40)}`);
		};
		return async function () {
			const { currentTest } = this;
			if (currentTest?.state === "failed") await keep(currentTest.title);
		};
	}

	/** Also after a start that failed. */
	async stop(): Promise<void> {
		await this.#browser?.close();
		await this.#server?.stop();
		this.reports.remove();
		rmSync(this.workspace, { recursive: true, force: true });
	}
}
