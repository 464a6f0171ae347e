import assert from "node:assert/strict";
import {
	chmodSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { type ErrorCode, errorText } from "../../src/protocol/errors.ts";
import { writeGguf } from "../support/models/ggufWriter.ts";
import { patchModel } from "../support/models/patchModel.ts";
import { builtInModel, RealEngine } from "../support/models/realEngine.ts";
import { writeSparseModel } from "../support/models/sparseModel.ts";
import { seededRandom } from "../support/seededRandom.ts";

describe("a model file that cannot be used", () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	const engine = new RealEngine();
	const good = readFileSync(builtInModel);
	after(async () => {
		await engine.stop();
		rmSync(folder, { recursive: true });
	});

	const write = (name: string, bytes: Uint8Array): string => {
		const file = path.join(folder, name);
		writeFileSync(file, bytes);
		return file;
	};
	const loads = async (file: string) => {
		engine.modelFile = file;
		engine.supervisor.apply("reloadModel");
		return engine.read(engine.complete({ prefixBlocks: ["const a = "] }));
	};

	const cases: readonly (readonly [
		what: string,
		make: () => string,
		code: ErrorCode,
		says: RegExp,
	])[] = [
		[
			"missing",
			() => path.join(folder, "missing.gguf"),
			"modelMissing",
			/does not exist/,
		],
		[
			"empty",
			() => write("empty.gguf", Buffer.alloc(0)),
			"modelEmpty",
			/is empty/,
		],
		[
			"not GGUF",
			() => write("text.gguf", Buffer.from("once upon a time")),
			"modelNotGguf",
			/not a GGUF file: it begins with "once"/,
		],
		[
			"cut short in its header",
			() => write("head.gguf", good.subarray(0, 50_000)),
			"modelTruncated",
			/incomplete: it has 48.8 KB of at least/,
		],
		[
			"cut short in its weights",
			() => write("weights.gguf", good.subarray(0, 3_000_000)),
			"modelTruncated",
			/incomplete: it has 2.9 MB of at least 7/,
		],
		[
			"cut short by one byte",
			() => write("byte.gguf", good.subarray(0, -1)),
			"modelTruncated",
			new RegExp(
				`it has ${good.length - 1} bytes of at least ${good.length} bytes`,
			),
		],
		[
			"corrupt in its header",
			() => {
				const bytes = Buffer.from(good);
				bytes.fill(0xee, 300, 400);
				return write("corrupt.gguf", bytes);
			},
			"modelCorrupt",
			/is corrupt/,
		],
		[
			"of an unknown version",
			() => write("version.gguf", writeGguf({ version: 99 })),
			"modelVersion",
			/version 99/,
		],
		[
			"of an architecture unknown to llama.cpp",
			() => {
				const file = path.join(folder, "architecture.gguf");
				patchModel(builtInModel, file, [["qwen3", "qwenX"]]);
				return file;
			},
			"modelRefused",
			/unknown model architecture: 'qwenX'/,
		],
		[
			"without weights",
			() => write("vocabulary.gguf", writeGguf({})),
			"modelRefused",
			/no weights/,
		],
		[
			"of an unsupported type",
			() =>
				write(
					"f64.gguf",
					writeGguf({
						tensors: [
							{
								name: "token_embd.weight",
								shape: [4],
								typeId: 28,
								offsetBytes: 0,
							},
						],
						dataBytes: 32,
					}),
				),
			"modelRefused",
			/F64/,
		],
		[
			"larger than any memory",
			() => {
				const file = path.join(folder, "huge.gguf");
				// 128 layers of 8 GiB each.
				writeSparseModel(file, { layers: 128, width: 65_536 });
				return file;
			},
			"modelTooLarge",
			/does not fit: .+ needs 1\.\d TB: weights 1\.0 TB, KV cache .+; free [\d.]+ GB\.$/,
		],
		[
			"a folder",
			() => {
				const it = path.join(folder, "folder.gguf");
				mkdirSync(it, { recursive: true });
				return it;
			},
			"modelUnreadable",
			/it is (a folder|not a file)/,
		],
	];
	for (const [what, make, code, says] of cases)
		it(`is reported when it is ${what}, and the engine keeps working`, async () => {
			const file = make();
			const { end } = await loads(file);
			assert.ok(end.kind === "failed", JSON.stringify(end));
			const sentence = errorText(end.error);
			assert.equal(end.error.code, code, sentence);
			assert.match(sentence, says);
			assert.ok(sentence.includes(file), "the file is named");
			assert.doesNotMatch(sentence, /\n/);
			assert.equal(engine.supervisor.status.kind, "failed");
			assert.equal((await loads("")).end.kind, "done", "the next one loads");
		});

	it("is reported when it may not be read", function () {
		// Root can read everything.
		if (process.getuid?.() === 0) this.skip();
		const file = write("secret.gguf", good);
		chmodSync(file, 0);
		return loads(file).then(({ end }) =>
			assert.equal(end.kind === "failed" && end.error.code, "modelUnreadable"),
		);
	});

	it("is named when it crashes llama.cpp, and another one loads", async () => {
		const file = path.join(folder, "twice.gguf");
		// Two tokens with the same text: llama.cpp fails an assertion, and aborts.
		patchModel(builtInModel, file, [["<|fim_middle|>", "<|fim_prefix|>"]]);
		const first = await loads(file);
		assert.ok(first.end.kind === "failed");
		assert.equal(first.end.error.code, "modelCrashes");
		assert.ok(errorText(first.end.error).includes(file));
		assert.equal((await loads("")).end.kind, "done");
	});

	it("is reported quickly, in 40 random corruptions of the header", async () => {
		const random = seededRandom(7);
		const outcomes = new Set<string>();
		for (let i = 0; i < 40; i++) {
			const bytes = Buffer.from(good);
			for (let j = 0; j < 1 + random() * 6; j++)
				bytes[4 + Math.floor(random() ** 2 * 268_000)] = random() * 256;
			const file = write("random.gguf", bytes);
			const { end } = await loads(file);
			if (end.kind === "failed")
				assert.ok(errorText(end.error).includes(file), errorText(end.error));
			outcomes.add(end.kind === "failed" ? end.error.code : end.kind);
		}
		assert.ok(outcomes.size > 1, [...outcomes].join());
		assert.equal((await loads("")).end.kind, "done");
	});
});
