/** `models.json`, written by many processes at once. `HEADROOM_TEST_WRITERS=20x200` sets how many, and how many entries each writes. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
	mkdirSync,
	mkdtempSync,
	readdirSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { buildSync } from "esbuild";
import {
	addInstallRecord,
	readInstallRecords,
} from "../../../../src/models/folder/installRecords.ts";

const source = path.join(
	import.meta.dirname,
	"../../../../src/models/folder/installRecords.ts",
);

describe("the install records", () => {
	const root = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	after(() => rmSync(root, { recursive: true }));

	const [writers = 5, entries = 12] = (
		process.env["HEADROOM_TEST_WRITERS"] ?? ""
	)
		.split("x")
		.map((it) => Number(it) || undefined);

	it("lose no entry that was acknowledged, beside a lock left behind", async function () {
		this.timeout(600_000);
		const folder = path.join(root, "many");
		mkdirSync(folder);
		const { pid } = spawnSync(process.execPath, ["--version"]);
		writeFileSync(path.join(folder, "models.json.lock"), String(pid));
		const script = writerIn(root);
		const outputs = await Promise.all(
			Array.from({ length: writers }, (_, index) =>
				runWriter(script, folder, index, entries),
			),
		);
		assert.deepEqual(outputs, Array(writers).fill(""));
		const read = await readInstallRecords(folder);
		assert.ok(read.ok);
		const expected = Array.from({ length: writers }, (_, writer) =>
			Array.from({ length: entries }, (_, entry) => `w${writer}-${entry}.gguf`),
		).flat();
		assert.deepEqual(
			read.value.map((it) => it.fileName).sort(),
			expected.sort(),
		);
		assert.deepEqual(readdirSync(folder), ["models.json"]);
	});

	it("cannot be written where the folder takes no lock, and say so", async () => {
		const folder = path.join(root, "file");
		writeFileSync(folder, "");
		const added = await addInstallRecord(folder, recordOf("a.gguf"));
		assert.ok(!added.ok);
		assert.equal(added.error.code, "folderUnusable");
	});
});

function recordOf(fileName: string) {
	return {
		fileName,
		sizeBytes: 1,
		sha256: null,
		how: "copied",
		source: "/a",
		addedAt: "2026-01-01T00:00:00.000Z",
	} as const;
}

/** Prints what could not be written. Bundled, because a process that compiles TypeScript takes longer to start than to write. */
function writerIn(folder: string): string {
	const outfile = path.join(folder, "writer.mjs");
	buildSync({
		stdin: {
			contents: `
				import { addInstallRecord } from ${JSON.stringify(source)};
				const [folder, writer, entries] = process.argv.slice(2);
				for (let entry = 0; entry < Number(entries); entry++) {
					const fileName = \`w\${writer}-\${entry}.gguf\`;
					const record = { ...${JSON.stringify(recordOf(""))}, fileName };
					const added = await addInstallRecord(folder, record);
					if (!added.ok) console.log(fileName, added.error);
				}`,
			resolveDir: path.dirname(source),
		},
		bundle: true,
		format: "esm",
		platform: "node",
		outfile,
	});
	return outfile;
}

async function runWriter(
	script: string,
	folder: string,
	writer: number,
	entries: number,
): Promise<string> {
	const child = spawn(
		process.execPath,
		[script, folder, String(writer), String(entries)],
		{ stdio: ["ignore", "pipe", "inherit"] },
	);
	let output = "";
	child.stdout.on("data", (text) => {
		output += text;
	});
	const [code] = await once(child, "close");
	return code === 0 ? output : `${output}exit code ${code}`;
}
