/**
 * Builds `dist`: the bundles of the extension host, the engine and the chat panel, the icon font, and copies of the grammars. `--watch` rebuilds on every change,
 * `--production` minifies and leaves out source maps and tests.
 */

import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";
import { tsImport } from "tsx/esm/api";

const watch = process.argv.includes("--watch");
const production = process.argv.includes("--production");

/** @type {import("esbuild").BuildOptions} */
const common = {
	bundle: true,
	platform: "node",
	// VS Code 1.104 has Node 22; servers that run it may still have 20.
	target: "node20",
	sourcemap: !production,
	minify: production,
	logLevel: "warning",
};

const bundles = [
	{
		...common,
		entryPoints: ["src/extension.ts"],
		outfile: "dist/extension.cjs",
		format: "cjs",
		external: ["vscode"],
	},
	{
		...common,
		entryPoints: ["src/engine/main.ts"],
		outfile: "dist/engine.mjs",
		format: "esm",
		// It finds its binaries from where its own files lie.
		external: ["node-llama-cpp"],
	},
	{
		...common,
		entryPoints: ["src/webview/chat/main.ts"],
		outfile: "dist/webview/chat.js",
		platform: "browser",
		format: "iife",
		target: "es2022",
	},
];
if (!production)
	bundles.push({
		...common,
		entryPoints: ["test/workbench/suite/index.ts"],
		outfile: "dist/test/suite.cjs",
		format: "cjs",
		external: ["vscode", "mocha"],
	});

const { contributedIcons, iconFont } = await tsImport(
	"./scripts/iconFont.ts",
	import.meta.url,
);
mkdirSync("dist", { recursive: true });
writeFileSync("dist/headroom-icons.woff", await iconFont(contributedIcons()));

const { grammarFiles, parserFile } = await tsImport(
	"./src/syntax/grammars.ts",
	import.meta.url,
);
const grammarFolder = path.dirname(
	fileURLToPath(import.meta.resolve("@vscode/tree-sitter-wasm")),
);
mkdirSync("dist/syntax", { recursive: true });
for (const file of [parserFile, ...grammarFiles])
	copyFileSync(path.join(grammarFolder, file), path.join("dist/syntax", file));

const building = new Set();
const built = new Set();

/**
 * Prints what the problem matcher of `.vscode/tasks.json` reads. A build has finished when no bundle is being built and each was built once.
 * @type {(outfile: string | undefined) => import("esbuild").Plugin}
 */
const reportBuilds = (outfile) => ({
	name: "report-builds",
	setup({ onStart, onEnd }) {
		onStart(() => {
			if (building.size === 0) console.log("[watch] build started");
			building.add(outfile);
		});
		onEnd(({ errors, warnings }) => {
			for (const [severity, messages] of Object.entries({
				error: errors,
				warning: warnings,
			}))
				for (const { location, text } of messages)
					console.log(
						`${location?.file ?? "esbuild.js"}:${location?.line ?? 1}:${(location?.column ?? 0) + 1}: ${severity}: ${text}`,
					);
			building.delete(outfile);
			built.add(outfile);
			if (building.size === 0 && built.size === bundles.length)
				console.log("[watch] build finished");
		});
	},
});

for (const options of bundles) {
	if (watch) {
		const bundle = await context({
			...options,
			logLevel: "silent",
			plugins: [reportBuilds(options.outfile)],
		});
		await bundle.watch();
	} else await build(options);
}
