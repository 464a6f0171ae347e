/** Collects every text that the editor shows into `l10n/bundle.l10n.json`, which translations start from. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
	filterSentences,
	reasonSentences,
} from "../src/completion/reasons/reasonSentences.ts";
import { decisionSentences } from "../src/completion/session/decisions.ts";
import { chatStrings } from "../src/protocol/chatStrings.ts";
import { errorSentences } from "../src/protocol/errors.ts";
import { root, runScript } from "./shell.ts";

/** Sentences that the editor fills in from tables. */
const tables = [
	errorSentences,
	reasonSentences,
	filterSentences,
	decisionSentences,
	chatStrings,
];

async function main(): Promise<number> {
	const folder = path.join(root, "src", "vscode");
	const used = readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter((file) => file.endsWith(".ts"))
		.flatMap((file) =>
			[
				...readFileSync(path.join(folder, file), "utf8").matchAll(
					/\bt\(\s*"((?:[^"\\]|\\.)*)"/g,
				),
			].map((match) => match[1] ?? ""),
		);
	const sentences = [
		...new Set([...used, ...tables.flatMap((it) => Object.values(it))]),
	].sort();
	mkdirSync(path.join(root, "l10n"), { recursive: true });
	writeFileSync(
		path.join(root, "l10n", "bundle.l10n.json"),
		`${JSON.stringify(Object.fromEntries(sentences.map((it) => [it, it])), undefined, "\t")}\n`,
	);
	return 0;
}

await runScript(main);
