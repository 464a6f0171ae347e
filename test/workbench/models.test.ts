import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { newestVersion, oldestVersion } from "../../scripts/vscodeServer.ts";
import {
	type DownloadHost,
	startDownloadHost,
} from "../support/fakes/downloadHost.ts";
import { randomModelBytes } from "../support/models/ownModelsFolder.ts";
import { root } from "../support/models/realEngine.ts";
import { until } from "../support/until.ts";
import { Session } from "../support/workbench/session.ts";
import type { Person } from "../support/workbench/workbench.ts";

const modelName = "headroom-draft-1.6m-q8_0.gguf";

/** How long an attempt takes before the next one. */
const attemptMs = 3_000;

for (const version of [oldestVersion, newestVersion])
	describe(`models on screen in VS Code ${version.replace(/^4/, "1")}`, () => {
		const name = version.replace(/^4/, "1").replace(/\.\d+$/, "");
		const session = new Session();
		const stick = mkdtempSync(path.join(os.tmpdir(), "headroom-stick-"));
		const source = path.join(stick, modelName);
		let host: DownloadHost;
		let person: Person;

		before(async () => {
			copyFileSync(path.join(root, "media", "models", modelName), source);
			host = await startDownloadHost(randomModelBytes(1, 16));
			({ person } = await session.start(version, {
				keybindings: [
					{ key: "alt+i", command: "headroom.importModel", args: source },
					{
						key: "alt+w",
						command: "workbench.action.openWalkthrough",
						args: "headroom.headroom#start",
					},
				],
				userSettings: { "headroom.download.mirror": new URL(host.url).origin },
			}));
		});
		after(async () => {
			await session.stop();
			await host?.close();
			rmSync(stick, { recursive: true, force: true });
		});
		afterEach(session.keepFailure(name));

		const rows = () =>
			person.page.locator(".quick-input-list .monaco-list-row");
		const modal = () => person.page.locator(".monaco-dialog-box");
		const clickModal = (button: string) =>
			modal().locator(".monaco-button", { hasText: button }).click();

		/** The text beside the steps is in a frame inside a frame. */
		async function inSomeFrame(text: string): Promise<void> {
			await until(`a frame with "${text}"`, async () => {
				for (const frame of person.page.frames())
					if ((await frame.getByText(text).count()) > 0) return true;
				return false;
			});
		}

		/** The preview of the benchmark may take the focus when it has loaded, and VS Code then closes the list. */
		async function chooseSmallest(): Promise<void> {
			const input = person.page.locator(".quick-input-widget input");
			const timeout = attemptMs;
			await until("the smallest model in the list", async () => {
				if (!(await input.isVisible()))
					await person.runCommand("Headroom: Get Model");
				const toDownload = rows().filter({ hasText: "to download" });
				await toDownload.first().waitFor({ timeout });
				await input.fill("Coder 0.5B", { timeout });
				const smallest = rows().filter({ hasText: "Coder 0.5B" });
				await smallest.first().click({ timeout });
				return true;
			});
			await modal().waitFor();
		}

		it("sees no message at the start", async () => {
			assert.deepEqual(await person.notifications(), []);
		});

		it("sees what each model of the catalog needs, and nothing is downloaded", async () => {
			await person.runCommand("Headroom: Get Model");
			await rows().filter({ hasText: "to download" }).first().waitFor();
			await person.screenshot(`get-model-${name}`);
			const labels = await rows().evaluateAll((elements) =>
				elements.map((it) => it.getAttribute("aria-label") ?? ""),
			);
			assert.ok(labels.length >= 3);
			for (const label of labels)
				assert.match(
					label,
					/fits.*, takes .* tokens\/s|does not fit: .* needs/,
				);
			await person.press("Escape");
			assert.equal(host.requests.length, 0);
		});

		it("imports a model from a USB stick, and uses it", async () => {
			await person.press("Alt+i");
			await rows().filter({ hasText: "Copy" }).first().waitFor();
			await person.screenshot(`import-how-${name}`);
			await person.press("Enter");
			await person.untilNotification(new RegExp(`Imported: ${modelName}`));
			await person.screenshot(`imported-${name}`);
			// Its tooltip stands before the button.
			await person.page.mouse.move(0, 0);
			await person.clickNotification("Use This Model");
			await person.runCommand("Headroom: Restart Engine");
			await person.untilStatus(/1\.6M|draft/i);
			await person.screenshot(`import-used-${name}`);
		});

		it("benchmarks the installed models, and sees a table", async () => {
			await person.runCommand("Headroom: Benchmark This Machine");
			await inSomeFrame("time to first line");
			await inSomeFrame("/ 12");
			await person.screenshot(`benchmark-${name}`);
		});

		// Driven by a test, VS Code 1.104 shows no modal, and of the walkthroughs its own.
		if (version !== newestVersion) return;

		it("reads host, size and license, and cancels", async () => {
			await chooseSmallest();
			await person.screenshot(`download-question-${name}`);
			const text = (await modal().textContent()) ?? "";
			for (const part of ["127.0.0.1", "506.5 MB", "Apache-2.0", "SHA-256"])
				assert.ok(text.includes(part), `${part} in ${text}`);
			await clickModal("Cancel");
			assert.equal(host.requests.length, 0);
		});

		it("confirms, and reads that the host sends something else", async () => {
			await chooseSmallest();
			await clickModal("Download");
			await person.untilNotification(/127\.0\.0\.1 sent .+ instead of /);
			await person.screenshot(`download-refused-${name}`);
			assert.ok(host.requests.length > 0);
			await person.runCommand("Notifications: Clear All Notifications");
		});

		it("removes it, and the built-in model is loaded again", async () => {
			// VS Code closes a list when the preview of the benchmark takes the focus.
			const input = person.page.locator(".quick-input-widget input");
			await until("the list of models to remove", async () => {
				if (!(await input.isVisible()))
					await person.runCommand("Headroom: Remove Model");
				const row = rows().filter({ hasText: "in use" }).first();
				await row.waitFor({ timeout: attemptMs });
				return true;
			});
			await person.screenshot(`remove-model-${name}`);
			await person.press("Enter");
			await modal().waitFor();
			await person.screenshot(`remove-question-${name}`);
			await clickModal("Remove");
			await person.untilNotification(/Removed /);
			// The benchmark has stopped the window's engine, which starts when it is needed.
			await person.runCommand("Headroom: Restart Engine");
			await person.untilStatus(/Built-in 7M/);
			assert.ok(existsSync(source), "the stick is as it was");
		});

		it("reads the walkthrough", async () => {
			await person.runCommand("Notifications: Clear All Notifications");
			// Text and picture stand side by side only where there is room.
			await person.runCommand("View: Toggle Primary Side Bar Visibility");
			await person.press("Alt+w");
			const page = person.page.locator(".gettingStartedContainer");
			await page.getByText("Get Started with Headroom").first().waitFor();
			await page.getByText("See what fits on this machine").first().click();
			await page.getByText("Import Model File").first().waitFor();
			await inSomeFrame("A larger model completes more");
			await person.screenshot(`walkthrough-${name}`);
		});
	});
