import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { newestVersion, oldestVersion } from "../../scripts/vscodeServer.ts";
import { until } from "../support/until.ts";
import { Session } from "../support/workbench/session.ts";
import type { Person } from "../support/workbench/workbench.ts";

const acceptLine = "Alt+l";
const cursorAbove = "Alt+k";
const insertSnippet = "Alt+s";

const keybindings = [
	{ key: "alt+l", command: "editor.action.inlineSuggest.acceptNextLine" },
	{ key: "alt+k", command: "editor.action.insertCursorAbove" },
	{
		key: "alt+s",
		command: "editor.action.insertSnippet",
		args: { snippet: "for (const $1 of $2) {\n\t$0\n}" },
	},
];

/** A body begins after each: suggestions there usually have several lines. */
const openings = [
	"export function totalPerimeter(shapes: readonly Shape[]): number {",
	"export function largestArea(shapes: readonly Shape[]): number {",
	"export function areaOf(shape: Shape): number {",
	"export function hasArea(shape: Shape): boolean {",
	"export function longest(shapes: readonly Shape[]): Shape {",
];

/** With a blank line at its end. */
const body = `export function sumOf(shapes: readonly Shape[]): number {
\tlet sum = 0;

}
`;

const notebook = {
	cells: [
		"def greeting(name: str) -> str:\n    return f'Hello, {name}'",
		"def greet_all(names: list[str]) -> list[str]:\n    ",
	].map((source) => ({
		cell_type: "code",
		execution_count: null,
		metadata: {},
		outputs: [],
		source,
	})),
	metadata: { language_info: { name: "python" } },
	nbformat: 4,
	nbformat_minor: 2,
};

/** Pieces of ghost text in a line of the document. */
const ghostPiece = ".ghost-text-decoration";

const spaceless = (text: string) => text.replace(/\s+/g, "");
/** Whether something is left after a word, the rest of the first line, and another word. */
const hasLines = (_: string, suggested: string) => {
	const [, ...below] = suggested.trim().split("\n");
	return (below.join(" ").match(/\w+/g)?.length ?? 0) > 1;
};
/** Ghost text comes without the breaks between its lines, and spaces at their start may belong to the document. */
const isRest = (it: string, of: string) =>
	it.trim() !== "" && spaceless(of).endsWith(spaceless(it));

for (const version of [oldestVersion, newestVersion])
	describe(`ghost text on screen in VS Code ${version.replace(/^4/, "1")}`, () => {
		const name = version.replace(/^4/, "1").replace(/\.\d+$/, "");
		const session = new Session();
		const { workspace } = session;
		const file = (it: string) => path.join(workspace, it);
		let person: Person;

		before(async () => {
			const shapes = readFileSync(file("shapes.ts"), "utf8");
			for (const copy of ["words.ts", "along.ts", "middle.ts"])
				writeFileSync(file(copy), `${shapes}\n`);
			writeFileSync(file("cursors.ts"), `${shapes}\n${"\n".repeat(2)}`);
			writeFileSync(file("cells.ipynb"), JSON.stringify(notebook));
			writeFileSync(file(".env"), "HOST=localhost\n");
			writeFileSync(file("escape.ts"), `${shapes}\n`);
			writeFileSync(file("indent.ts"), `${shapes}\n${body}`);
			writeFileSync(file("snippet.ts"), `${shapes}\n`);
			({ person } = await session.start(version, {
				keybindings,
				// VS Code 1.104 opens its suggest widget beside ghost text, which then continues the selected entry.
				settings: { "editor.quickSuggestions": { other: "off" } },
			}));
		});
		after(() => session.stop());
		afterEach(session.keepFailure(name));

		/** Saves the file, and reads it when it is written. */
		async function saved(name: string): Promise<string> {
			await person.save();
			return readFileSync(file(name), "utf8");
		}

		/** The line with the cursor on screen: its text, and the ghost text in it. */
		async function currentLine(): Promise<string> {
			const text = await person.page
				.locator(".view-line", { has: person.page.locator(ghostPiece) })
				.first()
				.textContent();
			return (text ?? "").replaceAll("\u00a0", " ");
		}

		/** Waits until the extension has a suggestion and holds it back, and nothing is on screen. */
		async function untilHeldBack(reason: string): Promise<void> {
			await until(`the reason ${reason}`, async () => {
				const report = person.reports.newest();
				const { decision, cursor } = report ?? {};
				const outcome = decision?.outcome;
				return (
					outcome?.kind === "none" &&
					outcome.reason.kind === reason &&
					decision?.line === cursor?.line &&
					decision?.column === cursor?.column &&
					(await person.ghostText()) === ""
				);
			});
		}

		/** Presses a key that accepts a piece of the ghost text, and returns what is left. */
		async function acceptPiece(key: string, ghost: string): Promise<string> {
			await person.press(key);
			return person.untilGhostText((it) => isRest(it, ghost) && it !== ghost);
		}

		it("is accepted by word, by line and as a whole, and undone", async () => {
			await person.open("words.ts");
			await person.press("Control+End");
			const all = await person.typeUntilGhostText(openings, hasLines);
			await person.screenshot(`several-lines-${name}`);
			const afterWord = await acceptPiece("Control+ArrowRight", all);
			await person.screenshot(`word-taken-${name}`);
			const afterLine = await acceptPiece(acceptLine, afterWord);
			await person.screenshot(`line-taken-${name}`);
			// Before indentation, Tab would indent.
			const rest = await acceptPiece("Control+ArrowRight", afterLine);
			await person.press("Tab");
			await person.untilGhostText((it) => !isRest(it, rest));
			const taken = await saved("words.ts");
			assert.ok(spaceless(taken).endsWith(`${spaceless(all)}}`), taken);
			await person.press("Control+Z");
			await untilHeldBack("restoresDeleted");
			await person.screenshot(`taken-back-${name}`);
			const back = await saved("words.ts");
			assert.equal(
				`${spaceless(back).slice(0, -1)}${spaceless(rest)}}`,
				spaceless(taken),
			);
		});

		it("goes with Escape, and does not come back there", async () => {
			await person.open("escape.ts");
			await person.press("Control+End");
			await person.typeUntilGhostText([
				"export const most = Math.max(",
				"export const least = Math.min(",
				"export const total = totalArea(",
			]);
			await person.press("Escape");
			await until("no ghost text", async () => !(await person.ghostText()));
			await person.type("x");
			await person.press("Backspace");
			await untilHeldBack("rejected");
		});

		it("leaves Tab to the indentation, left of a block", async () => {
			await person.open("indent.ts");
			await person.press("Control+End", "ArrowUp", "ArrowUp");
			await person.type("x");
			await person.press("Backspace");
			await untilHeldBack("leftOfBlock");
			await person.press("Tab");
			assert.ok(
				(await saved("indent.ts")).endsWith(body.replace("\n\n", "\n\t\n")),
			);
		});

		it("leaves Tab to a snippet", async () => {
			await person.open("snippet.ts");
			await person.press("Control+End", insertSnippet);
			await person.type("shape");
			await person.press("Tab");
			await person.type("shapes");
			await person.press("Tab");
			await person.type("// Here.");
			assert.match(
				await saved("snippet.ts"),
				/\nfor \(const shape of shapes\) \{\n\t\/\/ Here\.\n\}$/,
			);
		});

		it("stays on screen during type-through", async () => {
			await person.open("along.ts");
			await person.press("Control+End");
			// The editor would close brackets and quotes, so only a word is typed.
			const ghost = await person.typeUntilGhostText(
				[
					"export const shapes: readonly Shape[] = new ",
					"export function ",
					"export class ",
					"export const sum = totalArea(shapes) + ",
					"export const areaOf = (shape: Shape) => ",
					"export interface ",
					"export const longest = ",
				],
				(it) => /^\w{3}/.test(it.trim()),
			);
			const [typed = ""] = /^\s*\w+/.exec(ghost) ?? [];
			for (let at = 1; at < typed.length; at++) {
				await person.type(typed.slice(at - 1, at));
				await person.untilGhostText((it) => it === ghost.slice(at));
			}
			// Not in between: a key that is pressed right after a picture may be lost on a busy machine.
			await person.screenshot(`typed-along-${name}`);
		});

		it("appears in the middle of a line, before the rest of it", async () => {
			await person.open("middle.ts");
			await person.press("Control+End");
			await person.typeUntilGhostText([
				"export const most = Math.max(",
				"export const least = Math.min(",
				"export const total = totalArea(",
			]);
			await person.screenshot(`middle-of-line-${name}`);
			const ghost = await person.ghostText();
			assert.ok((await currentLine()).endsWith(`(${ghost})`));
			await person.press("Tab");
			await person.untilGhostText((it) => it !== ghost);
			const after = await saved("middle.ts");
			assert.ok(after.includes(`(${ghost})`), after.slice(-200));
		});

		it("is accepted at two cursors", async () => {
			await person.open("cursors.ts");
			await person.press("Control+End", "ArrowUp", "End");
			await person.press(cursorAbove);
			const ghost = await person.typeUntilGhostText(["return ", "2 * "]);
			await person.screenshot(`two-cursors-${name}`);
			await person.press("Tab");
			await person.untilGhostText((it) => it !== ghost);
			await person.screenshot(`two-cursors-taken-${name}`);
			const after = await saved("cursors.ts");
			const [above, below] = after.trimEnd().split("\n").slice(-2);
			assert.ok(above?.includes("return "));
			assert.equal(above, below);
		});

		it("works in the cell of a notebook", async () => {
			await person.page
				.locator(".explorer-folders-view .label-name", {
					hasText: "cells.ipynb",
				})
				.dblclick();
			await person.page
				.locator(".notebookOverlay .monaco-editor .view-lines")
				.nth(1)
				.click();
			await person.press("Control+End");
			const ghost = await person.typeUntilGhostText([
				"return ",
				"for ",
				"x = ",
			]);
			await person.screenshot(`notebook-${name}`);
			await person.press("Tab");
			await person.untilGhostText((it) => it !== ghost);
			const after = await saved("cells.ipynb");
			const [, second] = JSON.parse(after).cells;
			assert.ok(
				spaceless([second.source].flat().join("")).includes(spaceless(ghost)),
			);
		});

		it("does not appear in a file with secrets, and the reason can be read", async () => {
			await person.open(".env");
			await person.press("Control+End");
			await person.type("PORT=");
			await person.untilStatus(/Off in this file/);
			// VS Code requests 50 ms after the last key, unless the focus has moved by then.
			await until("the decision about the whole line", () => {
				const decision = person.reports.newest()?.decision;
				return (
					decision?.path.endsWith(".env") &&
					decision.column === "PORT=".length + 1
				);
			});
			await person.runCommand("Headroom: Why No Suggestion?");
			const entries = person.page.locator(".quick-input-list .monaco-list-row");
			await entries.filter({ hasText: ".env:2:6" }).waitFor();
			await entries
				.filter({ hasText: /Suggested \d+ characters/ })
				.first()
				.waitFor();
			await person.screenshot(`why-${name}`);
			await person.press("Escape");
			assert.equal(await person.ghostText(), "");
		});

		it("can be snoozed, which the status bar shows", async () => {
			await person.runCommand("Headroom: Snooze");
			await person.page
				.locator(".quick-input-list .monaco-list-row", { hasText: "5 minutes" })
				.click();
			await person.untilStatus(/Snoozed/);
			await person.screenshot(`snoozed-${name}`);
		});
	});
