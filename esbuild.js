/**
 * Builds `dist`: the bundles of the extension host, the engine and the chat panel, and the icon font. `--watch` rebuilds on every change,
 * `--production` minifies and leaves out source maps and tests.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { context } from "esbuild";
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
	{
		...common,
		entryPoints: ["test/workbench/suite/index.ts"],
		outfile: "dist/test/suite.cjs",
		format: "cjs",
		external: ["vscode", "mocha"],
	},
];

const { contributedIcons, iconFont } = await tsImport(
	"./scripts/iconFont.ts",
	import.meta.url,
);
mkdirSync("dist", { recursive: true });
writeFileSync("dist/headroom-icons.woff", await iconFont(contributedIcons()));

for (const options of production ? bundles.slice(0, 3) : bundles) {
	const bundle = await context(options);
	if (watch) await bundle.watch();
	else {
		await bundle.rebuild();
		await bundle.dispose();
	}
}
