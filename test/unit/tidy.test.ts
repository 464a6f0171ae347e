/** The sources follow the rules, and a planted violation of each rule is found. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { hiddenTexts, translatableTexts } from "../../scripts/l10nTexts.ts";
import { defaultSettings } from "../../src/settings/settings.ts";
import { violations } from "../support/tidy.ts";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const tracked = execFileSync(
	"git",
	["ls-files", "--cached", "--others", "--exclude-standard"],
	{ cwd: root, encoding: "utf8" },
)
	.trim()
	.split("\n")
	.filter((file) => !/\.(gguf|png|woff)$/.test(file));
const files = new Map(
	tracked
		.filter((file) => file.endsWith(".ts"))
		.map((file) => [file, read(file)]),
);
const manifest = JSON.parse(read("package.json"));

describe("tidy", () => {
	it("finds no violation in the sources", () => {
		assert.ok(files.size > 40, "the sources were found");
		assert.deepEqual(violations(files), []);
	});

	const planted: readonly (readonly [
		rule: string,
		file: string,
		text: string,
	])[] = [
		[
			"packages",
			"src/completion/planted.ts",
			'import * as vscode from "vscode";',
		],
		["packages", "src/engine/planted.ts", 'import type { Uri } from "vscode";'],
		[
			"packages",
			"src/engine/planted.ts",
			'import { getLlama } from "node-llama-cpp";',
		],
		["packages", "src/client/planted.ts", 'await import("node-llama-cpp");'],
		["packages", "src/base/planted.ts", 'import fs from "node:fs";'],
		["packages", "src/completion/planted.ts", 'import ignore from "ignore";'],
		["packages", "src/webview/planted.ts", 'import * as z from "zod/mini";'],
		["packages", "src/vscode/planted.ts", 'await import("shiki/core");'],
		["packages", "src/memory/planted.ts", 'import * as z from "zod/mini";'],
		[
			"layers",
			"src/base/planted.ts",
			'import { FimRequest } from "../protocol/generation.ts";',
		],
		[
			"layers",
			"src/client/planted.ts",
			'export { generate } from "../engine/decode/generate.ts";',
		],
		[
			"layers",
			"src/completion/planted.ts",
			'import { EngineClient } from "../client/engineClient.ts";',
		],
		[
			"layers",
			"src/vscode/planted.ts",
			'import { Engine } from "../engine/engine.ts";',
		],
		[
			"layers",
			"src/webview/planted.ts",
			'import { violations } from "../settings/settings.ts";',
		],
		[
			"layers",
			"src/vscode/planted.ts",
			'import { visibleCode } from "../webview/markdown/visible.ts";',
		],
		[
			"import exists",
			"src/base/planted.ts",
			'import { gone } from "./gone.ts";',
		],
		...[
			'import https from "node:https";',
			'import type { Socket } from "node:net";',
			'import { lookup } from "node:dns/promises";',
			'const http2 = await import("node:http2");',
			'const tls = require("node:tls");',
			'import { createSocket } from "node:dgram";',
			'import { send } from "./download/connection.ts";',
			'await fetch("https://example.org");',
			'new WebSocket("wss://example.org");',
			"new XMLHttpRequest();",
		].map((text) => ["connections", "src/models/planted.ts", text] as const),
		["connections", "src/vscode/planted.ts", "globalThis.fetch (address);"],
		["no any", "src/base/planted.ts", "export const it = (x: any) => x;"],
		["no an enum", "src/base/planted.ts", "export enum Kind { A }"],
		["no console", "src/base/planted.ts", "console.log(1);"],
		["no a default export", "src/base/planted.ts", "export default 1;"],
	];
	for (const [rule, file, text] of planted)
		it(`fails on a planted violation: ${file} ${text}`, () => {
			const withPlanted = new Map([
				...files,
				[file, `/** Planted. */\n${text}`],
			]);
			assert.deepEqual(
				violations(withPlanted).map((it) => it.rule),
				[rule],
			);
		});

	it("fails on network modules without the node: prefix", () => {
		for (const name of ["undici", "http"]) {
			const text = `/** Planted. */\nimport { request } from "${name}";`;
			assert.deepEqual(
				violations(new Map([...files, ["src/models/planted.ts", text]])).map(
					(it) => it.rule,
				),
				["connections", "packages"],
			);
		}
	});

	it("fails on a planted violation: extension.ts importing the engine", () => {
		const text = `${files.get("src/extension.ts")}\nimport "./engine/engine.ts";`;
		assert.deepEqual(
			violations(new Map([...files, ["src/extension.ts", text]])).map(
				(it) => it.rule,
			),
			["layers"],
		);
	});

	it("fails on a planted cycle, even of types", () => {
		const cyclic = new Map([
			...files,
			["src/base/a.ts", '/** A. */\nimport type { B } from "./b.ts";'],
			["src/base/b.ts", '/** B. */\nimport { a } from "./a.ts";'],
		]);
		assert.deepEqual(violations(cyclic), [
			{
				rule: "no cycles",
				where: "src/base/a.ts -> src/base/b.ts -> src/base/a.ts",
			},
		]);
	});

	it("fails on a folder with too many files", () => {
		const crowd = [...Array(17).keys()].map(
			(index) =>
				[`src/base/crowd/a${index}.ts`, "/** One of many. */"] as const,
		);
		assert.deepEqual(violations(new Map([...files, ...crowd])), [
			{
				rule: "at most 16 files in a folder",
				where: "src/base/crowd has 17",
			},
		]);
		assert.deepEqual(violations(new Map([...files, ...crowd.slice(1)])), []);
	});

	it("fails on a file without an opening comment", () => {
		const silent = new Map([...files, ["src/base/planted.ts", "export {};"]]);
		assert.deepEqual(violations(silent), [
			{ rule: "opens with a sentence", where: "src/base/planted.ts" },
		]);
	});
});

describe("package.json", () => {
	it("has the commands of the table in commands.ts, those that have files of their own, and no others", () => {
		const table = /commandIds = \[([^\]]+)\]/.exec(
			files.get("src/vscode/commands.ts") ?? "",
		)?.[1];
		const own = [...files]
			.filter(([file]) => file.startsWith("src/vscode/"))
			.flatMap(([, text]) => [
				...text.matchAll(/registerCommand\(\s*("headroom\.[\w.]+")/g),
			])
			.map((match) => match[1]);
		assert.deepEqual(
			manifest.contributes.commands
				.map(({ command }: { command: string }) => command)
				.sort(),
			[...`${table} ${own}`.matchAll(/"([^"]+)"/g)]
				.map((match) => match[1])
				.sort(),
		);
	});

	it("has the settings of settings.ts with the same defaults, and no others", () => {
		const declared = Object.fromEntries(
			manifest.contributes.configuration.flatMap(
				({
					properties,
				}: {
					properties: Record<string, { default: unknown }>;
				}) =>
					Object.entries(properties).map(([key, value]) => [
						key,
						value.default,
					]),
			),
		);
		assert.deepEqual(
			declared,
			Object.fromEntries(
				Object.entries(defaultSettings).map(([key, value]) => [
					`headroom.${key}`,
					value,
				]),
			),
		);
	});

	it("lets no workspace choose files or hardware", () => {
		for (const { properties } of manifest.contributes.configuration)
			for (const [key, { scope }] of Object.entries<{ scope: string }>(
				properties,
			))
				if (/\.(models?|engine|download)\./.test(key))
					assert.equal(scope, "machine", key);
	});

	it("uses exactly the texts of package.nls.json", () => {
		const used = [...read("package.json").matchAll(/"%([^%]+)%"/g)].map(
			(match) => match[1],
		);
		assert.deepEqual(
			[...new Set(used)].sort(),
			Object.keys(JSON.parse(read("package.nls.json"))).sort(),
		);
	});

	it("depends on exact versions only", () => {
		for (const versions of [manifest.dependencies, manifest.devDependencies])
			for (const [name, version] of Object.entries<string>(versions))
				assert.match(version, /^\d+\.\d+\.\d+$/, name);
	});
});

describe("translations", () => {
	it("hold every sentence of the tables and of the sources", () => {
		const bundle: Record<string, string> = JSON.parse(
			read("l10n/bundle.l10n.json"),
		);
		assert.deepEqual(Object.keys(bundle).sort(), translatableTexts());
	});

	it("see every text, because each is a literal", () => {
		assert.deepEqual(hiddenTexts(), []);
	});
});

describe("every tracked file", () => {
	const { HOME: home = "/nowhere" } = process.env;
	for (const [what, pattern] of [
		["a path of this machine", new RegExp(`${root}\\b|${home}/`)],
		["the host of a registry", /registry\.npmjs|"resolved":|deb\.debian/],
	] as const)
		it(`is free of ${what}`, () => {
			assert.deepEqual(
				tracked.filter(
					(file) =>
						file !== "test/unit/tidy.test.ts" && pattern.test(read(file)),
				),
				[],
			);
		});
});
