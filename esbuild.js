/** Bundles the extension host's part, the engine's and the chat panel's. `--watch` keeps on, `--production` leaves out what helps debugging. */

import { context } from "esbuild";

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

for (const options of production ? bundles.slice(0, 3) : bundles) {
	const bundle = await context(options);
	if (watch) await bundle.watch();
	else {
		await bundle.rebuild();
		await bundle.dispose();
	}
}
