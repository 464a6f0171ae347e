import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { newestVersion, oldestVersion } from "../../scripts/vscodeServer.ts";
import {
	parentOf,
	untilEngineBelow,
} from "../support/models/engineProcesses.ts";
import { patchModel } from "../support/models/patchModel.ts";
import { builtInModel, untilGone } from "../support/models/realEngine.ts";
import { until } from "../support/until.ts";
import { Session } from "../support/workbench/session.ts";
import type { Person, TestServer } from "../support/workbench/workbench.ts";

for (const version of [oldestVersion, newestVersion])
	describe(`a person in VS Code ${version.replace(/^4/, "1")}`, () => {
		const name = version.replace(/^4/, "1").replace(/\.\d+$/, "");
		const session = new Session();
		const { workspace } = session;
		let server: TestServer;
		let person: Person;

		before(async () => {
			({ person, server } = await session.start(version));
		});
		after(() => session.stop());
		afterEach(session.keepFailure(name));

		it("types, sees ghost text, accepts it with Tab, and finds it in the file", async () => {
			await person.open("shapes.ts");
			await person.press("Control+End", "Enter");
			await person.type(
				"export function total(shapes: readonly Shape[]): number {",
			);
			await person.press("Enter");
			const ghost = await person.typeUntilGhostText([
				"for (const shape of shapes) {",
				"return ",
				"const ",
			]);
			await person.screenshot(`ghost-text-${name}`);
			await person.save();
			const before = readFileSync(path.join(workspace, "shapes.ts"), "utf8");
			assert.notEqual(await person.untilGhostText(), "");
			await person.press("Tab");
			await person.page.locator(".tab.active.dirty").waitFor();
			await person.save();
			await person.screenshot(`accepted-${name}`);
			const after = readFileSync(path.join(workspace, "shapes.ts"), "utf8");
			const spaceless = (text: string) => text.replace(/\s+/g, "");
			const added = spaceless(after).length - spaceless(before).length;
			assert.equal(
				added,
				spaceless(ghost).length,
				`${JSON.stringify(ghost)} came into ${JSON.stringify(after.slice(-200))}`,
			);
			const [firstLine = ""] = ghost.trim().split("\n");
			assert.ok(spaceless(after).includes(spaceless(firstLine)));
		});

		it("reads the state of the engine in the status bar", async () => {
			assert.match(await person.statusLabel(), /^Headroom: .+\. .+, Q8_0, \d/);
		});

		it("sees nothing wrong when the engine is killed, and gets the next completion", async () => {
			const pid = await untilEngineBelow(server.processId);
			await person.press("Control+End", "Enter", "Enter");
			const last = person.reports.newest()?.decision?.atMs ?? 0;
			await person.type("for (const shape of ");
			await until(
				"a completion request",
				() => (person.reports.newest()?.decision?.atMs ?? 0) > last,
			);
			process.kill(pid, "SIGKILL");
			await untilGone(pid);
			await person.press("Escape", "End", "Enter");
			await person.typeUntilGhostText([
				"const sum = ",
				"export function ",
				"for (",
			]);
			assert.deepEqual(await person.notifications(), []);
			await person.press("Escape");
		});

		it("finds the commands in the palette", async () => {
			await person.runCommand("Headroom: Open Log");
			await person.page.locator(".output-view .view-lines").first().waitFor();
			await person.screenshot(`log-${name}`);
		});

		it("reads that the engine has given up, and restarts it", async () => {
			const model = path.join(
				workspace,
				"..",
				`${path.basename(workspace)}.gguf`,
			);
			// Two tokens of the same text: llama.cpp aborts, each time.
			patchModel(builtInModel, model, [["<|fim_middle|>", "<|fim_prefix|>"]]);
			server.setUserSetting("headroom.model.file", model);
			await person.untilNotification(/crashed while loading the model file/);
			await person.screenshot(`gave-up-${name}`);
			server.setUserSetting("headroom.model.file", "");
			await person.clickNotification("Restart");
			await person.untilStatus(/Q8_0/);
			rmSync(model);
		});

		if (version !== newestVersion) return;

		it("gets the next completion by typing on after the engine has frozen", async () => {
			await person.open("shapes.ts");
			const pid = await untilEngineBelow(server.processId);
			await person.press("Control+End", "Enter", "Enter");
			process.kill(pid, "SIGSTOP");
			await person.type("for (const shape of ");
			await untilGone(pid);
			await person.press("Escape", "End", "Enter");
			await person.typeUntilGhostText([
				"const sum = ",
				"export function ",
				"for (",
			]);
			assert.notEqual(await untilEngineBelow(server.processId), pid);
			assert.deepEqual(await person.notifications(), []);
			await person.press("Escape");
		});

		it("reloads the window, and no engine of the old one is left", async () => {
			const pid = await untilEngineBelow(server.processId);
			await person.page.reload();
			await untilGone(pid);
			await person.arrive();
		});

		it("loses the extension host, and no engine is left", async () => {
			await person.open("greet.py");
			await person.press("Control+End", "Enter");
			await person.typeUntilGhostText(["def main(", "for ", "return "]);
			const pid = await untilEngineBelow(server.processId);
			process.kill(parentOf(pid), "SIGKILL");
			await untilGone(pid);
		});
	});
