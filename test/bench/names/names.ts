/**
 * `npm run bench -- names`: how often a suggestion uses a name that is defined nowhere, how many are held back for it, and how many of those
 * were right. In TypeScript, the compiler judges, and its language server is asked as in the editor.
 */

import { UserError } from "../../../scripts/shell.ts";
import { NameCheck } from "../../../src/completion/names/nameCheck.ts";
import { getCompletion } from "../../../src/completion/request/getCompletion.ts";
import { noContext } from "../../../src/completion/request/promptContext.ts";
import type { DocumentSnapshot } from "../../../src/completion/text/documentContext.ts";
import { RealEngine } from "../../support/models/realEngine.ts";
import { type NamePlace, namePlaces } from "./namePlaces.ts";
import { TypescriptServer } from "./typescriptServer.ts";

export interface NamesBenchOptions {
	/** Empty for the built-in model; undefined for no model: then the true ends of the lines are checked. */
	readonly model: string | undefined;
	readonly perLanguage: number;
}

export interface NamesRow {
	readonly language: string;
	readonly way: string;
	readonly places: number;
	readonly shown: number;
	/** Of those shown, as the compiler says; undefined where there is none. */
	readonly unresolved: number | undefined;
	readonly heldBack: number;
	readonly shortened: number;
	/** Suggestions whose first line is exactly the rest of the line. */
	readonly right: number;
	readonly rightLost: number;
}

const ways = [
	"everything",
	"names of the text",
	"and of the language server",
] as const;
type Way = (typeof ways)[number];

interface Judged {
	readonly language: string;
	readonly way: Way;
	readonly suggested: string;
	readonly shown: string;
	readonly isRight: boolean;
	readonly unresolved: readonly string[] | undefined;
}

export async function benchNames({
	model,
	perLanguage,
}: NamesBenchOptions): Promise<NamesRow[]> {
	if (!Number.isInteger(perLanguage) || perLanguage < 1)
		throw new UserError("--places is a whole number above 2.");
	const engine = model === undefined ? undefined : new RealEngine();
	if (engine) engine.modelFile = model ?? "";
	const server = new TypescriptServer();
	const judged: Judged[] = [];
	try {
		await server.start();
		const places = namePlaces(perLanguage);
		for (const [index, place] of places.entries()) {
			const text = engine ? await suggestionAt(place, engine) : place.right;
			if (text !== "")
				for (const way of ways)
					if (way !== ways[2] || place.languageId === "typescript")
						judged.push(await judge(place, text, way, server));
			if ((index + 1) % 20 === 0)
				console.error(`${index + 1} of ${places.length}`);
		}
		return rowsOf(judged, places);
	} finally {
		await Promise.all([engine?.stop(), server.stop()]);
	}
}

async function suggestionAt(
	place: NamePlace,
	engine: RealEngine,
): Promise<string> {
	const result = await getCompletion(snapshotOf(place), engine.client, {
		signal: new AbortController().signal,
		contextProvider: noContext,
	});
	if (result.kind === "suggestion") return result.text;
	if (result.reason.kind === "failed")
		throw new Error(JSON.stringify(result.reason.error));
	return "";
}

async function judge(
	place: NamePlace,
	suggested: string,
	way: Way,
	server: TypescriptServer,
): Promise<Judged> {
	const { languageId, path, text, offset, right, openFiles } = place;
	const check = new NameCheck({
		otherTexts: () => openFiles.map((it) => it.text),
	});
	const shown =
		way === "everything"
			? suggested
			: await check.kept(
					snapshotOf(place),
					{ text: suggested, requestId: "" },
					async () =>
						way === "names of the text"
							? undefined
							: // A place is where a name begins.
								server.offeredAt(path, text, offset),
				);
	const whole = text.slice(0, offset) + shown + text.slice(offset);
	return {
		language: languageId,
		way,
		suggested,
		shown,
		isRight: suggested.split("\n", 1)[0]?.trimEnd() === right.trimEnd(),
		unresolved:
			languageId === "typescript"
				? await server.unresolvedIn(path, whole, offset, offset + shown.length)
				: undefined,
	};
}

function snapshotOf({
	languageId,
	path,
	text,
	offset,
}: NamePlace): DocumentSnapshot {
	return {
		uri: `file:///${path}`,
		path,
		languageId,
		indentation: { insertSpaces: !/^\t/m.test(text), tabSize: 4 },
		version: 1,
		text,
		offset,
	};
}

function rowsOf(
	judged: readonly Judged[],
	places: readonly NamePlace[],
): NamesRow[] {
	return [...new Set(judged.map((it) => it.language))].flatMap((language) =>
		ways.flatMap((way) => {
			const them = judged.filter(
				(it) => it.language === language && it.way === way,
			);
			const count = (is: (it: Judged) => boolean): number =>
				them.filter(is).length;
			return them.length === 0
				? []
				: [
						{
							language,
							way,
							places: places.filter((it) => it.languageId === language).length,
							shown: count((it) => it.shown !== ""),
							unresolved: them[0]?.unresolved
								? count((it) => it.shown !== "" && it.unresolved?.length !== 0)
								: undefined,
							heldBack: count((it) => it.shown === ""),
							shortened: count(
								(it) => it.shown !== "" && it.shown !== it.suggested,
							),
							right: count((it) => it.isRight),
							rightLost: count((it) => it.isRight && it.shown === ""),
						},
					];
		}),
	);
}
