/** Writes every text that the editor shows to `l10n/bundle.l10n.json`, from which translations start. */

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { translatableTexts } from "./l10nTexts.ts";
import { root, runScript } from "./shell.ts";

async function main(): Promise<number> {
	mkdirSync(path.join(root, "l10n"), { recursive: true });
	writeFileSync(
		path.join(root, "l10n", "bundle.l10n.json"),
		`${JSON.stringify(Object.fromEntries(translatableTexts().map((it) => [it, it])), undefined, "\t")}\n`,
	);
	return 0;
}

await runScript(main);
