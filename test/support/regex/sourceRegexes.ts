/** The regular expression literals of the sources, with their places. */

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { loadedSyntax } from "../loadedSyntax.ts";

export interface SourceRegex {
	/** `src/base/jsonc.ts:4`. */
	readonly place: string;
	readonly source: string;
	readonly flags: string;
}

const root = path.resolve(import.meta.dirname, "../../..");

export async function sourceRegexes(): Promise<SourceRegex[]> {
	const syntax = await loadedSyntax("typescript");
	return readdirSync(path.join(root, "src"), {
		recursive: true,
		encoding: "utf8",
	})
		.filter((file) => file.endsWith(".ts"))
		.sort()
		.flatMap((file) => {
			const text = readFileSync(path.join(root, "src", file), "utf8");
			const nodes =
				syntax.parse("typescript", text)?.descendantsOfType("regex") ?? [];
			return nodes.flatMap((node) => {
				const literal = node?.text ?? "";
				const end = literal.lastIndexOf("/");
				return {
					place: `src/${file.replaceAll("\\", "/")}:${(node?.startPosition.row ?? 0) + 1}`,
					source: literal.slice(1, end),
					flags: literal.slice(end + 1),
				};
			});
		});
}
