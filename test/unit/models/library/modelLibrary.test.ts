import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
	chmodSync,
	copyFileSync,
	existsSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	utimesSync,
} from "node:fs";
import path from "node:path";
import { readModel } from "../../../../src/models/header/readModel.ts";
import {
	type ListedModel,
	listModels,
	type ModelList,
} from "../../../../src/models/library/modelLibrary.ts";
import { errorText } from "../../../../src/protocol/errors.ts";
import { writeGguf } from "../../../support/models/ggufWriter.ts";
import {
	minimalModelBytes,
	splitModelBytes,
	type TestFolder,
	testFolder,
	text,
} from "../../../support/models/toolFolders.ts";

const shipped = path.resolve(import.meta.dirname, "../../../../media/models");

describe("listModels", () => {
	let test: TestFolder;
	/** The files whose headers were read, in this test. */
	let read: string[];
	beforeEach(() => {
		test = testFolder();
		read = [];
	});
	afterEach(() => test.remove());

	const list = (folder = test.at("mine")): Promise<ModelList> =>
		listModels({
			stores: [{ kind: "folder", folder }],
			cacheFile: test.at("cache", "models.json"),
			readModel(files) {
				read.push(...files.map((file) => path.basename(file)));
				return readModel(files);
			},
		});
	const names = ({ models }: ModelList) => models.map(({ name }) => name);
	const content = (model: ListedModel | undefined) => {
		assert.ok(model?.content.ok, JSON.stringify(model));
		return model.content.value;
	};
	const trouble = (model: ListedModel | undefined) => {
		assert.ok(model && !model.content.ok, JSON.stringify(model));
		return errorText(model.content.error);
	};

	it("describes the models that are shipped", async () => {
		const { models } = await list(shipped);
		const [target, draft] = models;
		assert.deepEqual(
			models.map(({ name }) => name),
			["headroom-7m-q8_0", "headroom-draft-1.6m-q8_0"],
		);
		const { description, shape, traits } = content(target);
		assert.equal(description.file, target?.file);
		assert.equal(description.fileBytes, target?.sizeBytes);
		assert.equal(description.quantization, "Q8_0");
		assert.ok(description.parameterCount > 5e6);
		assert.ok(shape.ok);
		assert.equal(traits.tokenizer, "gpt2");
		assert.equal(traits.hasFimTokens, true);
		assert.ok(content(draft).shape.ok);
	});

	it("says what a header says of license, template and fill-in-the-middle", async () => {
		const vocabulary = (...tokens: string[]) => ({
			"tokenizer.ggml.tokens": { type: "strings", value: tokens } as const,
		});
		test.write("mine/bare.gguf", minimalModelBytes("a"));
		test.write(
			"mine/full.gguf",
			minimalModelBytes("b", {
				"general.license": text("other"),
				"general.license.name": text("qwen-research"),
				"tokenizer.chat_template": text("{{ messages }}"),
				...vocabulary("a", "<|fim_prefix|>", "b"),
			}),
		);
		test.write(
			"mine/mentioned.gguf",
			minimalModelBytes("c", {
				"general.license": text("apache-2.0"),
				...vocabulary("about <|fim_prefix|> only"),
			}),
		);
		test.write(
			"mine/named.gguf",
			minimalModelBytes("d", {
				"tokenizer.ggml.fim_pre_token_id": { type: "uint32", value: 1 },
			}),
		);
		test.write(
			"mine/declaring.gguf",
			minimalModelBytes("e", {
				"headroom.roles": text("chat , singing"),
				...vocabulary("<|fim_prefix|>"),
			}),
		);
		test.write(
			"mine/seed.gguf",
			minimalModelBytes("f", vocabulary("<[fim-prefix]>")),
		);
		test.write(
			"mine/zeta.gguf",
			minimalModelBytes("zeta-2.1", vocabulary("<[fim-prefix]>")),
		);
		test.write(
			"mine/chat.gguf",
			minimalModelBytes("Ministral 8B", vocabulary("[PREFIX]", "[SUFFIX]")),
		);
		const { models } = await list();
		const none = {
			license: null,
			tokenizer: "gpt2",
			hasChatTemplate: false,
			hasFimTokens: false,
		};
		assert.deepEqual(
			Object.fromEntries(models.map((it) => [it.name, content(it).traits])),
			{
				bare: none,
				full: {
					license: "qwen-research",
					tokenizer: "gpt2",
					hasChatTemplate: true,
					hasFimTokens: true,
				},
				mentioned: { ...none, license: "apache-2.0" },
				named: { ...none, hasFimTokens: true },
				declaring: { ...none, hasFimTokens: true },
				seed: { ...none, hasFimTokens: true },
				zeta: none,
				chat: none,
			},
		);
		assert.deepEqual(
			Object.fromEntries(
				models.map((it) => [it.name, content(it).description.roles]),
			),
			{
				bare: [],
				full: ["completion", "chat"],
				mentioned: [],
				named: ["completion"],
				declaring: ["chat"],
				seed: ["completion"],
				zeta: [],
				chat: [],
			},
			"what is declared goes before what the file has the means for",
		);
	});

	it("lists bad files among good ones with what is wrong", async () => {
		const good = minimalModelBytes("good");
		test.write("mine/good.gguf", good);
		test.write("mine/empty.gguf", "");
		test.write("mine/page.gguf", "<html>not found</html>");
		test.write("mine/short.gguf", good.subarray(0, good.length - 1));
		test.write("mine/cut.gguf", good.subarray(0, 60));
		test.write("mine/nothing.gguf", writeGguf({}));
		test.write("mine/gone-00001-of-00004.gguf", good);
		const { models } = await list();
		const file = (name: string) => `The model file ${test.at("mine", name)}`;
		assert.deepEqual(
			models.map((it) =>
				it.content.ok
					? it.name
					: trouble(it).replace(/at least \d+\.\d KB/, "at least more"),
			),
			[
				`${file("cut.gguf")} is incomplete: it has 60 B of at least 64 B. Download it again.`,
				`${file("empty.gguf")} is empty.`,
				`The model ${test.at("mine", "gone-00001-of-00004.gguf")} is incomplete: gone-00002-of-00004.gguf (and 2 more) is missing from its 4 parts.`,
				"good",
				`llama.cpp cannot load the model file ${test.at("mine", "nothing.gguf")}: it has no weights, only a header or a vocabulary.`,
				`${file("page.gguf")} is not a GGUF file: it begins with "<htm".`,
				`${file("short.gguf")} is incomplete: it has ${good.length - 1} B of at least ${good.length} B. Download it again.`,
			],
		);
	});

	it("lists the good models whatever lies beside them", async () => {
		const good = minimalModelBytes("good");
		test.write("mine/good.gguf", good);
		test.write("mine/zeros.gguf", Buffer.alloc(5000));
		test.write("mine/magic.gguf", "GGUF");
		test.write("mine/folder.gguf/inside.txt", "");
		test.write("mine/locked.gguf", good);
		chmodSync(test.at("mine", "locked.gguf"), 0);
		symlinkSync("loop.gguf", test.at("mine", "loop.gguf"));
		symlinkSync("nowhere", test.at("mine", "dangling.gguf"));
		symlinkSync("..", test.at("mine", "up"));
		if (process.platform !== "win32")
			for (const pipe of ["pipe.gguf", "pipe-00001-of-00002.gguf"]) {
				execFileSync("mkfifo", [test.at("mine", pipe)]);
				symlinkSync(pipe, test.at("mine", `to-${pipe}`));
			}
		// Header counts beyond reason, each in its place.
		for (const [name, at] of [
			["tensors", 8],
			["entries", 16],
			["key", 24],
		] as const)
			for (const count of [2n ** 16n, 2n ** 31n, 2n ** 63n, 2n ** 64n - 1n]) {
				const bytes = Buffer.from(good);
				bytes.writeBigUInt64LE(count, at);
				test.write(`mine/${name}-${count}.gguf`, bytes);
			}
		const { models } = await list();
		const usable = models.filter(({ content: { ok } }) => ok);
		// The superuser may read what others may not.
		assert.deepEqual(
			usable.map(({ name }) => name).filter((it) => it !== "locked"),
			["good"],
		);
		assert.ok(models.length > 14, names({ models } as ModelList).join(" "));
	});

	it("makes a bad row of a file that its reader throws at", async () => {
		test.write("mine/a.gguf", minimalModelBytes("a"));
		test.write("mine/b.gguf", minimalModelBytes("b"));
		const { models } = await listModels({
			stores: [{ kind: "folder", folder: test.at("mine") }],
			cacheFile: test.at("cache", "models.json"),
			readModel: async (files) => {
				if (files[0]?.endsWith("a.gguf"))
					throw new RangeError("Maximum call stack size exceeded");
				return readModel(files);
			},
		});
		assert.match(trouble(models[0]), /a\.gguf: Maximum call stack/);
		assert.equal(content(models[1]).description.name, "b");
	});

	it("does not list what is no language model, whatever its name", async () => {
		const tensorless = (
			metadata: Parameters<typeof minimalModelBytes>[1] = {},
		) => writeGguf({ metadata });
		test.write(
			"mine/eyes.gguf",
			minimalModelBytes("a", { "general.type": text("mmproj") }),
		);
		test.write(
			"mine/clip.gguf",
			minimalModelBytes("b", { "general.architecture": text("clip") }),
		);
		test.write(
			"mine/lora.gguf",
			minimalModelBytes("c", { "general.type": text("adapter") }),
		);
		test.write(
			"mine/imatrix.gguf",
			minimalModelBytes("d", { "general.type": text("imatrix") }),
		);
		test.write(
			"mine/ggml-vocab.gguf",
			tensorless({ "tokenizer.ggml.model": text("gpt2") }),
		);
		test.write(
			"mine/model.gguf",
			minimalModelBytes("e", { "general.type": text("model") }),
		);
		assert.deepEqual(names(await list()), ["model"]);
		assert.equal(read.length, 6);
		assert.deepEqual(names(await list()), ["model"]);
		assert.equal(read.length, 6, "what is left out is remembered too");
	});

	it("describes the parts of a split model together", async () => {
		const [one, two] = splitModelBytes("big");
		test.write("mine/big-00001-of-00002.gguf", one);
		test.write("mine/big-00002-of-00002.gguf", two);
		const { models } = await list();
		const { description, shape } = content(models[0]);
		assert.equal(models.length, 1);
		assert.equal(models[0]?.name, "big");
		assert.equal(description.parameterCount, 32 * 4 + 32 * 32);
		assert.equal(description.fileBytes, one.length + two.length);
		assert.ok(shape.ok, JSON.stringify(shape));
		assert.equal(shape.value.layers[0]?.weights.bytes, 32 * 32 * 4);

		test.write("mine/big-00002-of-00002.gguf", two.subarray(0, two.length - 1));
		assert.match(
			trouble((await list()).models[0]),
			/big-00002-of-00002\.gguf is incomplete/,
		);
	});

	it("reads headers that are larger than a piece, and no weights", async () => {
		const tokens = Array.from({ length: 120_000 }, (_, i) => `some-token-${i}`);
		const bytes = minimalModelBytes("large", {
			"tokenizer.ggml.tokens": {
				type: "strings",
				value: [...tokens, "<fim_prefix>"],
			},
			"general.license": text("mit"),
		});
		assert.ok(bytes.length > 2 * 2 ** 20);
		test.write("mine/large.gguf", bytes);
		const { description, traits } = content((await list()).models[0]);
		assert.equal(description.name, "large");
		assert.equal(traits.hasFimTokens, true);
		assert.equal(traits.license, "mit");
	});

	it("lists 2,000 files, and reads none of them twice", async () => {
		for (let i = 0; i < 2000; i++)
			test.write(
				`mine/${i % 7}/model-${i}.gguf`,
				minimalModelBytes(`model ${i}`),
			);
		const first = await list();
		assert.equal(first.models.length, 2000);
		assert.equal(read.length, 2000);
		const second = await list();
		assert.equal(read.length, 2000);
		assert.deepEqual(second, first);
	});

	describe("the cache", () => {
		const cacheFile = () => test.at("cache", "models.json");
		const cached = () =>
			Object.keys(JSON.parse(readFileSync(cacheFile(), "utf8")).models).map(
				(file) => path.basename(file),
			);
		beforeEach(() => {
			test.write("mine/a.gguf", minimalModelBytes("a"));
			test.write("mine/b.gguf", minimalModelBytes("b"));
			test.write("mine/bad.gguf", "bad");
		});

		it("gives back what was read: shapes of all kinds, and errors", async () => {
			for (const name of readdirSync(shipped))
				if (name.endsWith(".gguf"))
					copyFileSync(path.join(shipped, name), test.at("mine", name));
			const first = await list();
			read = [];
			assert.deepEqual(await list(), first);
			assert.deepEqual(read, []);
		});

		it("reads again what changed in size or time, and only that", async () => {
			await list();
			read = [];
			test.write("mine/a.gguf", minimalModelBytes("a", {}, 8));
			utimesSync(test.at("mine/b.gguf"), 1e9, 1e9);
			await list();
			assert.deepEqual(read.sort(), ["a.gguf", "b.gguf"]);
		});

		it("drops deleted files", async () => {
			await list();
			rmSync(test.at("mine/a.gguf"));
			assert.deepEqual(names(await list()), ["b", "bad"]);
			assert.deepEqual(cached(), ["b.gguf", "bad.gguf"]);
		});

		const damages: Readonly<Record<string, (text: string) => string>> = {
			"cut in half": (text) => text.slice(0, text.length / 2),
			"of another version": (text) =>
				text.replace(/"version":\d+/, '"version":0'),
			"of another form": (text) => text.replace(/"models":.*/, '"models":[]}'),
			empty: () => "",
		};
		for (const [what, damage] of Object.entries(damages))
			it(`counts as empty when it is ${what}, and is made anew`, async () => {
				const first = await list();
				read = [];
				test.write(
					"cache/models.json",
					damage(readFileSync(cacheFile(), "utf8")),
				);
				assert.deepEqual(await list(), first);
				assert.equal(read.length, 3);
				await list();
				assert.equal(read.length, 3);
			});

		it("loses one broken entry and keeps the others", async () => {
			const first = await list();
			read = [];
			const cache = JSON.parse(readFileSync(cacheFile(), "utf8"));
			cache.models[test.at("mine/a.gguf")].reading.content.shape.value.layers =
				[7];
			test.write("cache/models.json", JSON.stringify(cache));
			assert.deepEqual(await list(), first);
			assert.deepEqual(read, ["a.gguf"]);
		});

		it("is not written without a change, and leaves nothing beside it", async () => {
			await list();
			utimesSync(cacheFile(), 1e9, 1e9);
			const before = test.tree();
			await list();
			assert.deepEqual(test.tree(), before);
			assert.deepEqual(readdirSync(test.at("cache")), ["models.json"]);
		});

		it("may be unwritable", async () => {
			test.write("in-the-way", "");
			const { models, skipped } = await listModels({
				stores: [{ kind: "folder", folder: test.at("mine") }],
				cacheFile: test.at("in-the-way", "models.json"),
			});
			assert.equal(models.length, 3);
			assert.deepEqual(
				skipped.map((it) => it.path),
				[test.at("in-the-way", "models.json")],
			);
			assert.ok(!existsSync(cacheFile()));
		});

		it("does not cache temporary errors, such as a file that could not be opened", async () => {
			const options = {
				stores: [{ kind: "folder", folder: test.at("mine") } as const],
				cacheFile: cacheFile(),
			};
			const error = {
				code: "modelUnreadable",
				values: { file: "f", why: "permission was denied" },
			} as const;
			await listModels({
				...options,
				readModel: async () => ({ kind: "broken", error }),
			});
			await list();
			assert.equal(read.length, 3);
		});
	});
});
