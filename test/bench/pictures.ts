/** `npm run bench -- pictures`: pictures of a model's suggestions in VS Code, one line and a block in each language, for people to look at. */

import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { UserError } from "../../scripts/shell.ts";
import { newestVersion } from "../../scripts/vscodeServer.ts";
import { Session } from "../support/workbench/session.ts";
import type { Person } from "../support/workbench/workbench.ts";

export interface Picture {
	readonly file: string;
	readonly suggested: string;
}

interface Scene {
	readonly name: string;
	readonly file: string;
	/** Typed one after the other until the suggestion suits. */
	readonly lines: readonly string[];
	readonly isUsable: (suggested: string) => boolean;
}

const isLine = (text: string) =>
	text.trim().length > 6 && !text.trim().includes("\n");
const isBlock = (text: string) => text.trim().split("\n").length > 1;

const scenes: readonly Scene[] = [
	{
		name: "typescript-line",
		file: "shapes.ts",
		lines: [
			"\nexport function count(shapes: readonly Shape[]): number {\nreturn ",
			"\nexport function isEmpty(shapes: readonly Shape[]): boolean {\nreturn ",
		],
		isUsable: isLine,
	},
	{
		name: "typescript-block",
		file: "shapes.ts",
		lines: [
			"\nexport function totalPerimeter(shapes: readonly Shape[]): number {\n",
			"\nexport function withArea(shapes: readonly Shape[], area: number): Shape[] {\n",
			"\nexport class Circle implements Shape {",
		],
		isUsable: isBlock,
	},
	{
		name: "python-line",
		file: "greet.py",
		lines: [
			"\n\ndef count(names: list[str]) -> int:\nreturn ",
			"\n\ndef greet_first(names: list[str]) -> str:\nreturn ",
		],
		isUsable: isLine,
	},
	{
		name: "python-block",
		file: "greet.py",
		lines: [
			"\n\ndef greet_some(names: list[str], count: int) -> list[str]:\n",
			"\n\ndef count_greetings(names: list[str]) -> dict[str, int]:\n",
			"\n\nclass Greeter:\n",
		],
		isUsable: isBlock,
	},
];

/**
 * @param model empty for the built-in model.
 * @param folder gets the pictures.
 */
export async function takePictures(
	model: string,
	folder: string,
): Promise<Picture[]> {
	if (model && !existsSync(model))
		throw new UserError(`There is no file ${model}.`);
	mkdirSync(folder, { recursive: true });
	const session = new Session();
	try {
		const { person } = await session.start(newestVersion, {
			userSettings: {
				"headroom.model.file": model,
				"headroom.engine.threads": 0,
				"headroom.completion.latencyTargetMs": 1000,
				"headroom.completion.confidence": "automatic",
			},
			settings: { "editor.quickSuggestions": { other: "off" } },
		});
		const pictures: Picture[] = [];
		for (const scene of scenes)
			pictures.push(await takePicture(person, scene, folder));
		await person.statusItem().hover();
		await person.page.locator(".workbench-hover:visible").first().waitFor();
		await person.page.screenshot({ path: path.join(folder, "gauge.png") });
		return pictures;
	} finally {
		await session.stop();
	}
}

async function takePicture(
	person: Person,
	{ name, file, lines, isUsable }: Scene,
	folder: string,
): Promise<Picture> {
	await person.open(file);
	await person.press("Control+End", "Enter");
	let suggested = "";
	await person.typeUntilGhostText(lines, (_, text) => {
		suggested = text;
		return isUsable(text);
	});
	const picture = path.join(folder, `${name}.png`);
	await person.page.screenshot({ path: picture });
	return { file: picture, suggested };
}
