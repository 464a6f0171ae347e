/** One person before one workbench of their own, from the first test of a suite to its last. */

import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { sampleWorkspace } from "./runSuite.ts";
import {
	openPage,
	Person,
	startBrowser,
	startServer,
	type TestServer,
	type TestServerOptions,
} from "./workbench.ts";

export interface SessionOptions extends TestServerOptions {
	/** As if the user had written them before the first start. */
	readonly userSettings?: Readonly<Record<string, unknown>>;
}

export class Session {
	/** A copy of the sample workspace. */
	readonly workspace = sampleWorkspace();
	#server: TestServer | undefined;
	#browser: Browser | undefined;
	#person: Person | undefined;

	async start(
		version: string,
		{ userSettings = {}, ...options }: SessionOptions = {},
	): Promise<{ readonly person: Person; readonly server: TestServer }> {
		const server = await startServer(version, options);
		this.#server = server;
		for (const [key, value] of Object.entries(userSettings))
			server.setUserSetting(key, value);
		this.#browser = await startBrowser();
		const { port } = server;
		const { workspace } = this;
		const person = new Person(
			await openPage(this.#browser, { port, workspace }),
		);
		this.#person = person;
		await person.arrive();
		return { person, server };
	}

	/** A hook of mocha's: keeps what is on screen after a test that failed. */
	keepFailure(name: string): Mocha.AsyncFunc {
		const person = () => this.#person;
		return async function () {
			const { currentTest } = this;
			if (currentTest?.state === "failed")
				await person()?.screenshot(
					`failed-${name}-${currentTest.title.slice(0, 40)}`,
				);
		};
	}

	/** Also where it did not start as a whole. */
	async stop(): Promise<void> {
		await this.#browser?.close();
		await this.#server?.stop();
		rmSync(this.workspace, { recursive: true, force: true });
	}
}
