import assert from "node:assert/strict";
import { languageIdOf, languageIds } from "../../../scripts/languageIds.ts";
import { languageText } from "../../../src/completion/text/stringSyntax.ts";

describe("languageIdOf", () => {
	for (const [file, id, firstLine] of [
		["a.ts", "typescript"],
		["types.d.ts", "typescript"],
		["a.MJS", "javascript"],
		["a.tsx", "typescriptreact"],
		["message.json", "json"],
		["tsconfig.json", "jsonc"],
		["tsconfig.build.json", "jsonc"],
		["main.go", "go"],
		["go.mod", "go.mod"],
		["lib.rs", "rust"],
		["Cargo.lock", "toml"],
		["table.c", "c"],
		["table.h", "cpp"],
		["config.h.in", "cpp"],
		["a.C", "c"],
		["A.java", "java"],
		["a.py", "python"],
		["Dockerfile", "dockerfile"],
		["Dockerfile.dev", "dockerfile"],
		["web.dockerfile", "dockerfile"],
		["docker-compose.prod.yml", "dockercompose"],
		["compose.yaml", "dockercompose"],
		["a.yml", "yaml"],
		["Makefile", "makefile"],
		["GNUmakefile", "makefile"],
		["rules.mk", "makefile"],
		["CMakeLists.txt", "cmake"],
		["notes.txt", "plaintext"],
		[".bashrc", "shellscript"],
		["/home/a/.zshrc", "shellscript"],
		["run.sh", "shellscript"],
		[".env.local", "dotenv"],
		[".gitignore", "ignore"],
		[".editorconfig", "properties"],
		["Gemfile", "ruby"],
		["Jenkinsfile", "groovy"],
		["README.md", "markdown"],
		["icon.svg", "xml"],
		["App.vue", "vue"],
		["x.unheard-of", "plaintext"],
		["tool", "plaintext"],
		["tool", "shellscript", "#!/bin/sh"],
		["tool", "python", "#!/usr/bin/env python3"],
		["tool", "javascript", "#!/usr/bin/env -S node --test"],
		["tool", "plaintext", "#!/usr/bin/env"],
		["tool", "plaintext", "echo"],
		["tool.py", "python", "#!/bin/sh"],
	] as readonly (readonly [string, string, string?])[])
		it(`is ${id} for ${file}${firstLine ? ` with ${firstLine}` : ""}`, () =>
			assert.equal(languageIdOf(file, firstLine), id));

	it("knows no language of which the strings are unknown", () => {
		const unknown = languageText("no language");
		assert.deepEqual(
			languageIds.filter((it) => languageText(it) === unknown),
			[],
		);
	});
});
