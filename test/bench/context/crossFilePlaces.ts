/**
 * Places at which other files matter: a line uses a name that another file of the same project defines, and that stands nowhere above
 * it in its own file but on import lines. As the "cross-file-first" setting of RepoBench (Liu et al. 2023), with the text below kept.
 */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../../../scripts/shell.ts";
import { linesOf } from "../../../src/workspace/regions.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { javascriptFiles, pythonFiles, shortPath } from "../trace.ts";

export interface ProjectFile {
	readonly path: string;
	readonly text: string;
}

/** Where a name is defined: its only definition in the project. */
export interface Definition {
	readonly file: ProjectFile;
	/** 0-based. */
	readonly line: number;
}

export interface Project {
	readonly languageId: string;
	readonly files: readonly ProjectFile[];
	readonly definitions: ReadonlyMap<string, Definition>;
}

export interface CrossFilePlace {
	readonly project: Project;
	readonly file: ProjectFile;
	/** The file without the rest of the line. */
	readonly text: string;
	readonly offset: number;
	/** The rest of the line. */
	readonly right: string;
	readonly name: string;
}

const maxFileChars = 40_000;
const minNameChars = 4;
const minRightChars = 6;
const maxLineChars = 160;

/** As many places in TypeScript, JavaScript and Python, at most one a file, the same in every run on the same checkout. */
export function crossFilePlaces(count: number): CrossFilePlace[] {
	const random = seededRandom(11);
	const places = projects().flatMap((project) =>
		project.files.flatMap((file) => placeIn(project, file, random) ?? []),
	);
	const languages = [...new Set(places.map((it) => it.project.languageId))];
	return languages.flatMap((language, index) =>
		places
			.filter(({ project }) => project.languageId === language)
			.map((it) => ({ it, order: random() }))
			.sort((a, b) => a.order - b.order)
			.slice(0, Math.floor((count + index) / languages.length))
			.map(({ it }) => it),
	);
}

/** This project, and those whose sources are at hand in packages. */
export function projects(): Project[] {
	const sources = execFileSync("git", ["ls-files", "src"], {
		cwd: root,
		encoding: "utf8",
	})
		.trim()
		.split("\n")
		.filter((file) => file.endsWith(".ts"))
		.map((file) => path.join(root, file));
	const scripts = javascriptFiles();
	const packages = [...new Set(scripts.map(packageOf))];
	return [
		projectOf("typescript", sources),
		...packages.map((name) =>
			projectOf(
				"javascript",
				scripts.filter((file) => packageOf(file) === name),
			),
		),
		projectOf("python", pythonFiles()),
	];
}

function packageOf(file: string): string {
	const inside = file.split(`node_modules${path.sep}`).at(-1) ?? file;
	return inside.split(path.sep)[0] ?? "";
}

function projectOf(languageId: string, files: readonly string[]): Project {
	const read = files
		.map((file) => ({
			path:
				languageId === "typescript"
					? path.relative(root, file)
					: shortPath(file),
			text: readFileSync(file, "utf8").replaceAll("\r\n", "\n"),
		}))
		.filter(({ text }) => text.length <= maxFileChars);
	return { languageId, files: read, definitions: definitionsIn(read) };
}

const defining = [
	/^(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:function\*?|class|const|let|var|interface|type|enum|def)\s+([\w$]+)/,
	/^(?:module\.)?exports\.([\w$]+)\s*=/,
	/^[A-Z][\w$]*\.prototype\.([\w$]+)\s*=/,
	/^(?:\t| {2}| {4})(?:(?:public|protected|private|readonly|static|async|get|set)\s+)*(?:def\s+)?([\w$]+)\s*\(.*[{:]\s*$/,
];
const notNames =
	/^(?:if|for|while|switch|catch|constructor|function|return|with|elif|else|super|__\w+__)$/;

/** The names that are defined once. */
function definitionsIn(files: readonly ProjectFile[]): Map<string, Definition> {
	const found = new Map<string, Definition[]>();
	for (const file of files)
		for (const [line, text] of linesOf(file.text).entries())
			for (const name of definedBy(text))
				found.set(name, [...(found.get(name) ?? []), { file, line }]);
	return new Map(
		[...found].flatMap(([name, [first, second]]) =>
			first && !second ? [[name, first] as const] : [],
		),
	);
}

function definedBy(line: string): string[] {
	return defining.flatMap((it) => {
		const name = it.exec(line)?.[1];
		return name && !notNames.test(name) ? [name] : [];
	});
}

const imports =
	/^(?:import\b[^;]*?from\s+["'][^"'\n]+["'];?|import\s.*|from\s.*import\s*\([^)]*\)|from\s.*|export\s.*\bfrom\s.*|(?:const|let|var)\s.*\brequire\(.*)$/gm;
/** Behind the last import among the first 4,000 characters. */
export function endOfImports(text: string): number {
	const last = [...text.slice(0, 4000).matchAll(imports)].at(-1);
	return last ? last.index + last[0].length + 1 : 0;
}

const comment = /^\s*(?:\/\/|\/?\*|#)/;

function placeIn(
	project: Project,
	file: ProjectFile,
	random: () => number,
): CrossFilePlace | undefined {
	const found: CrossFilePlace[] = [];
	// Import lines stay, as empty ones.
	const body = file.text.replace(imports, (it) => it.replace(/[^\n]/g, " "));
	const seen = new Set<string>();
	let start = 0;
	for (const line of body.split("\n")) {
		const isCode = !comment.test(line) && line.length <= maxLineChars;
		const first: { name: string; at: number }[] = [];
		for (const { 0: name, index } of line.matchAll(
			/[\p{L}_$][\p{L}\p{N}_$]*/gu,
		)) {
			if (!seen.has(name) && name.length >= minNameChars)
				first.push({ name, at: index });
			seen.add(name);
		}
		for (const { name, at } of first) {
			const definition = project.definitions.get(name);
			if (!isCode || !definition || definition.file.path === file.path)
				continue;
			// Before the name, which has to be found, or behind it, where its signature tells what follows.
			const behind = line.length - at - name.length >= minRightChars;
			const cut = start + at + (behind && random() < 0.5 ? name.length : 0);
			const end = start + line.length;
			const right = file.text.slice(cut, end);
			if (right.trim().length < minRightChars) continue;
			const text = file.text.slice(0, cut) + file.text.slice(end);
			found.push({ project, file, text, offset: cut, right, name });
		}
		start += line.length + 1;
	}
	return found[Math.floor(random() * found.length)];
}
