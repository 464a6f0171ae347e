/** The rules for the layout of the sources, as a function from files to violations. */

import path from "node:path";

/** The layers that each layer may import besides itself, as in ARCHITECTURE.md. */
const layers: Readonly<Record<string, readonly string[]>> = {
	base: [],
	protocol: ["base"],
	settings: ["base", "protocol"],
	workspace: ["base", "protocol"],
	gguf: ["base", "protocol"],
	storage: ["base", "protocol"],
	memory: ["base", "protocol", "gguf"],
	models: ["base", "protocol", "gguf", "memory", "storage"],
	engine: ["base", "protocol", "gguf", "memory", "storage", "models"],
	client: ["base", "protocol", "settings", "storage"],
	syntax: ["base", "protocol"],
	completion: ["base", "protocol", "workspace"],
	chat: ["base", "protocol", "workspace"],
	webview: ["base", "protocol"],
	vscode: [
		"base",
		"protocol",
		"settings",
		"workspace",
		"gguf",
		"storage",
		"memory",
		"models",
		"client",
		"completion",
		"chat",
	],
};
/** `src/extension.ts` wires everything that runs in the extension host. */
const rootLayers = Object.keys(layers).filter(
	(it) => it !== "engine" && it !== "webview",
);

/** The folders and files that may import each package. `node:` and `shiki/` are prefixes. */
const packagePlaces: readonly (readonly [name: string, place: string])[] = [
	["vscode", "src/vscode/"],
	["vscode", "src/extension.ts"],
	["zod/mini", "src/protocol/"],
	["zod/mini", "src/settings/"],
	["zod/mini", "src/storage/conversations/"],
	["zod/mini", "src/models/"],
	["zod/mini", "src/engine/chat/chatStateCompanion.ts"],
	["zod/mini", "src/engine/kv/promptSnapshotHeader.ts"],
	["zod/mini", "src/vscode/chat/theme/themeFile.ts"],
	["markdown-it", "src/webview/"],
	["dompurify", "src/webview/"],
	["shiki/", "src/webview/"],
	["ignore", "src/workspace/gitignore.ts"],
	["node-llama-cpp", "src/engine/runtime/nodeLlamaCpp.ts"],
	["@vscode/tree-sitter-wasm", "src/syntax/parser.ts"],
	["node:", "src/syntax/"],
	["node:", "src/engine/"],
	["node:", "src/client/"],
	["node:", "src/storage/"],
	["node:", "src/models/"],
];

/** Text that the sources must not contain. */
const forbidden: readonly (readonly [pattern: RegExp, what: string])[] = [
	[/:\s*any\b|<any>|\bas any\b/, "any"],
	[/^\s*(?:export\s+)?(?:const\s+)?enum\s/m, "an enum"],
	[/\bconsole\./, "console"],
	[/^export default/m, "a default export"],
];

/** The only file that may open a connection, and the only one that may import it, which checks the host first. */
const connectionFile = "src/models/download/connection.ts";
const connectionUser = "src/models/download/remoteFile.ts";
const networkModules =
	/^(?:node:)?(?:https?|http2|net|tls|dgram|dns|dns\/promises|undici)$/;
const networkGlobals =
	/\bfetch\s*\(|\b(?:WebSocket|XMLHttpRequest|EventSource)\b/;

/** Counts the files directly in a folder. */
const maxFilesInFolder = 16;

export interface Violation {
	readonly rule: string;
	readonly where: string;
}

/** @param files the text of each file, by its path from the root with forward slashes. */
export function violations(files: ReadonlyMap<string, string>): Violation[] {
	const sources = [...files.keys()].filter((file) => file.startsWith("src/"));
	const found: Violation[] = [];
	for (const file of sources) {
		const text = files.get(file) ?? "";
		for (const specifier of importsOf(text)) {
			const where = `${file} -> ${specifier}`;
			if (connects(file, specifier)) found.push({ rule: "connections", where });
			if (specifier.startsWith(".")) {
				const target = resolve(file, specifier);
				if (!files.has(target)) found.push({ rule: "import exists", where });
				else if (!sees(file, target)) found.push({ rule: "layers", where });
			} else if (!packageAllowed(file, specifier))
				found.push({ rule: "packages", where });
		}
		if (file !== connectionFile && networkGlobals.test(text))
			found.push({ rule: "connections", where: file });
		for (const [pattern, what] of forbidden)
			if (pattern.test(text)) found.push({ rule: `no ${what}`, where: file });
		if (!text.startsWith("/**"))
			found.push({ rule: "opens with a sentence", where: file });
	}
	return [...found, ...crowdedFolders(sources), ...cycles(files, sources)];
}

function connects(file: string, specifier: string): boolean {
	if (file === connectionFile) return false;
	return (
		networkModules.test(specifier) ||
		(specifier.startsWith(".") &&
			resolve(file, specifier) === connectionFile &&
			file !== connectionUser)
	);
}

function importsOf(text: string): string[] {
	return [
		...text.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*["']([^"']+)["']/g),
	].map((match) => match[1] ?? "");
}

function resolve(from: string, specifier: string): string {
	return path.posix.join(path.posix.dirname(from), specifier);
}

function layerOf(file: string): string | undefined {
	const parts = file.split("/");
	return parts.length > 2 ? parts[1] : undefined;
}

function sees(file: string, target: string): boolean {
	const from = layerOf(file);
	const to = layerOf(target);
	if (from === to) return true;
	if (to === undefined) return false;
	return (from === undefined ? rootLayers : (layers[from] ?? [])).includes(to);
}

function packageAllowed(file: string, specifier: string): boolean {
	return packagePlaces.some(
		([name, place]) =>
			(/[:/]$/.test(name) ? specifier.startsWith(name) : specifier === name) &&
			(place.endsWith("/") ? file.startsWith(place) : file === place),
	);
}

function crowdedFolders(sources: readonly string[]): Violation[] {
	const counts = new Map<string, number>();
	for (const file of sources) {
		const folder = path.posix.dirname(file);
		counts.set(folder, (counts.get(folder) ?? 0) + 1);
	}
	return [...counts]
		.filter(([, count]) => count > maxFilesInFolder)
		.map(([folder, count]) => ({
			rule: `at most ${maxFilesInFolder} files in a folder`,
			where: `${folder} has ${count}`,
		}));
}

function cycles(
	files: ReadonlyMap<string, string>,
	sources: readonly string[],
): Violation[] {
	const found: Violation[] = [];
	const done = new Set<string>();
	const visit = (file: string, trail: readonly string[]): void => {
		if (trail.includes(file)) {
			const cycle = [...trail.slice(trail.indexOf(file)), file].join(" -> ");
			found.push({ rule: "no cycles", where: cycle });
			return;
		}
		if (done.has(file)) return;
		for (const specifier of importsOf(files.get(file) ?? ""))
			if (specifier.startsWith("."))
				visit(resolve(file, specifier), [...trail, file]);
		done.add(file);
	};
	for (const file of sources) visit(file, []);
	return found;
}
