import assert from "node:assert/strict";
import { newestVersion, oldestVersion } from "../../scripts/vscodeServer.ts";
import { until } from "../support/until.ts";
import { Session } from "../support/workbench/session.ts";
import type { Person } from "../support/workbench/workbench.ts";

/** What is drawn before an element: the character and the font of its icon. */
interface Drawn {
	readonly content: string;
	readonly font: string;
	readonly isLoaded: boolean;
}

for (const version of [oldestVersion, newestVersion])
	describe(`the memory gauge on screen in VS Code ${version.replace(/^4/, "1")}`, () => {
		const name = version.replace(/^4/, "1").replace(/\.\d+$/, "");
		const session = new Session();
		let person: Person;

		before(async () => {
			({ person } = await session.start(version));
		});
		after(() => session.stop());
		afterEach(session.keepFailure(`gauge-${name}`));

		const menuEntry = (text: string) =>
			person.page
				.locator(".quick-input-list .monaco-list-row", { hasText: text })
				.first();

		it("shows how full the memory is, in an icon of its own and in numbers", async () => {
			await person.untilStatus(/^Headroom: Not running\./);
			await person.open("shapes.ts");
			await person.press("Control+End", "Enter");
			await person.type("const area = ");
			await person.untilStatus(/^Headroom: Ready\./);
			const item = person.statusItem();
			assert.match((await item.textContent()) ?? "", /\d+\.\d\/\d+\.\d GB/);
			assert.match(
				await person.statusLabel(),
				/RAM: [\d.]+ GB of [\d.]+ GB in use: Weights [\d.]+ MB/,
			);
			// Status items are replaced when their text changes: of one that is gone, no style can be read.
			const drawn = await until("the icon and its font", () =>
				item
					.locator('[class*="codicon-headroom-gauge-"]')
					.evaluate(async (element): Promise<Drawn> => {
						const { ownerDocument: page } = element;
						const { content, fontFamily } = page.defaultView.getComputedStyle(
							element,
							"::before",
						);
						const [family = ""] = fontFamily.split(",");
						await page.fonts.load(`16px ${family}`, "\ue003");
						return {
							content,
							font: family,
							isLoaded: page.fonts.check(`16px ${family}`, "\ue003"),
						};
					}),
			);
			assert.match(drawn.content, /^"[\ue000-\ue008]"$/);
			assert.match(drawn.font, /headroom-icons/);
			assert.ok(drawn.isLoaded, "Chromium takes the font");
			await person.screenshot(`gauge-${name}`);
		});

		it("breaks the memory down in a tooltip, into parts that add up", async () => {
			await person.statusItem().hover();
			const tooltip = person.page
				.locator(".monaco-hover:visible", { hasText: "Total" })
				.first();
			await tooltip.waitFor();
			await person.screenshot(`gauge-tooltip-${name}`);
			const cells = await tooltip.locator("th, td").allTextContents();
			const values = cells
				.slice(cells.indexOf("RAM") + 2)
				.flatMap((cell, i, all) =>
					i % 2 === 0 ? [[cell, Number(all[i + 1])] as const] : [],
				);
			const total = values.pop();
			assert.equal(total?.[0], "Total");
			const names = values.map(([part]) => part);
			for (const part of ["Weights", "KV cache", "Other programs", "Free"])
				assert.ok(names.includes(part), `${part} in ${names}`);
			assert.equal(
				values.reduce((sum, [, megabytes]) => sum + megabytes, 0),
				total?.[1],
			);
			await person.page.mouse.move(600, 300);
		});

		it("opens the menu with a click, and the fit report from there", async () => {
			await person.statusItem().click();
			await menuEntry("Free memory now").waitFor();
			await menuEntry("Snooze").waitFor();
			await menuEntry("Open the log").waitFor();
			await person.screenshot(`gauge-menu-${name}`);
			await menuEntry("Show the fit report").click();
			const report = person.page.locator(
				'[data-uri^="headroom-report:"] .view-lines',
			);
			await report
				.locator(".view-line", { hasText: "weights" })
				.first()
				.waitFor();
			await person.screenshot(`fit-report-${name}`);
			const lines = await report.locator(".view-line").allTextContents();
			const text = lines.join("\n").replaceAll("\u00a0", " ");
			assert.match(text, /PREDICTED VS\. ALLOCATED/);
			assert.match(text, /weights +[\d.]+ MB +[\d.]+ MB/);
		});

		it("frees the memory at once, and loads the model again when it is needed", async () => {
			await person.statusItem().click();
			await menuEntry("Free memory now").click();
			await person.untilStatus(/^Headroom: Not running\./);
			await person.screenshot(`gauge-freed-${name}`);
			await person.open("shapes.ts");
			await person.press("Control+End", "Enter");
			await person.type("const sum = ");
			await person.untilStatus(/^Headroom: Ready\./);
		});
	});
