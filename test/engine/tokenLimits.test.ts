import assert from "node:assert/strict";
import { nullLog } from "../../src/base/log.ts";
import { createLlamaRuntime } from "../../src/engine/runtime/llamaRuntime.ts";
import type {
	LoadedModel,
	Sequence,
} from "../../src/engine/runtime/runtime.ts";
import { readModelFile } from "../../src/models/header/modelFile.ts";
import { builtInModel } from "../support/models/realEngine.ts";
import { seededRandom } from "../support/seededRandom.ts";

describe("the limits of a prediction", () => {
	let model: LoadedModel;
	let sequence: Sequence;
	let dispose: () => Promise<void>;

	before(async () => {
		const runtime = await createLlamaRuntime({
			gpu: "off",
			threads: 1,
			log: nullLog,
		});
		const described = readModelFile(builtInModel);
		assert.ok(runtime.ok && described.ok);
		dispose = () => runtime.value.dispose();
		const loaded = await runtime.value.loadModel({
			description: described.value.description,
			mapsFile: true,
			onProgress: () => {},
		});
		assert.ok(loaded.ok);
		model = loaded.value;
		const sequences = await model.createSequences({
			count: 1,
			contextWindow: 512,
			batchTokens: 128,
			kvType: "f16",
		});
		assert.ok(sequences.ok && sequences.value.all[0]);
		sequence = sequences.value.all[0];
	});
	after(() => dispose());

	/** All but the last of a text are in the sequence. */
	const textAt = async (text: string) => {
		await sequence.truncate(0);
		const tokens = model.tokenize(text);
		await sequence.evaluate(tokens.slice(0, -1), 0);
		return { last: tokens.slice(-1), length: tokens.length };
	};

	it("give the same token whether the allowed ones are biased or picked from the likeliest", async () => {
		const random = seededRandom(5);
		const all = model.allTokens();
		for (const text of [
			"const total = ",
			"for (const item of ",
			"return ",
			"import { a } from",
		])
			for (const share of [0.2, 0.5, 0.9]) {
				const allowed = all.filter(() => random() < share);
				const { last, length } = await textAt(text);
				const [biased] = await sequence.evaluate(last, 1, { allowed });
				await sequence.truncate(length - 1);
				const [picked] = await sequence.predict(last, 1, { allowed });
				assert.equal(picked?.token, biased);
				assert.ok(picked && picked.probability > 0 && picked.probability <= 1);
			}
	});

	it("are kept where no allowed token is among the likeliest", async () => {
		const { last, length } = await textAt("const total = ");
		const likely = new Set<number>();
		for (let i = 0; i < 70; i++) {
			await sequence.truncate(length - 1);
			const [next] = await sequence.predict(last, 1, { banned: [...likely] });
			assert.ok(next && !likely.has(next.token));
			likely.add(next.token);
		}
		const allowed = model.allTokens().filter((token) => !likely.has(token));
		await sequence.truncate(length - 1);
		const [next] = await sequence.predict(last, 1, { allowed });
		assert.ok(next && !likely.has(next.token));
		await sequence.truncate(length - 1);
		assert.deepEqual(
			[next.token],
			await sequence.evaluate(last, 1, { allowed }),
		);
	});

	it("ban the end of the text", async () => {
		const { fimTokens } = model;
		assert.ok(fimTokens?.middle);
		const { prefix, suffix, middle } = fimTokens;
		const special = model.allTokens().filter((it) => model.isSpecial(it));
		const tokens = [
			suffix,
			...model.tokenize("\t}\n}\n"),
			prefix,
			...model.tokenize("export class A {\n\tf(): number {\n\t\tconst a = "),
			middle,
			...model.tokenize("1;"),
		];
		const last = tokens.slice(-1);
		await sequence.truncate(0);
		await sequence.evaluate(tokens.slice(0, -1), 0);
		const [free] = await sequence.predict(last, 1);
		assert.ok(free && special.includes(free.token), JSON.stringify(free));
		await sequence.truncate(tokens.length - 1);
		const [next] = await sequence.predict(last, 1, { banned: special });
		assert.ok(next && !special.includes(next.token));
	});
});
