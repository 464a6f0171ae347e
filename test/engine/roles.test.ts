import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { bytesOf, ownChat } from "../../src/protocol/engineStatus.ts";
import { rolesView } from "../../src/protocol/roles/rolesView.ts";
import { predictions } from "../support/models/loggedMemory.ts";
import { RealEngine } from "../support/models/realEngine.ts";

const { HEADROOM_TEST_MODELS: folder = "" } = process.env;
const small = path.join(folder, "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf");
const talks = path.join(folder, "smollm2-135m-instruct-q4_1.gguf");

describe("two models in one engine", () => {
	const engine = new RealEngine();
	engine.modelFile = small;
	engine.chatFile = talks;
	const never = new AbortController().signal;

	before(function () {
		if (existsSync(small) && existsSync(talks)) return;
		console.log("    HEADROOM_TEST_MODELS names no folder with them: skipped");
		this.skip();
	});
	after(() => engine.stop());

	const complete = async () => {
		const { text } = await engine.completeWhole({
			typed: "const sum = (a: number, b: number) => ",
		});
		return text;
	};
	const ask = async (question: string) => {
		const answer = engine.client.chat(
			{
				turns: [{ role: "user", text: question }],
				maxTokens: 12,
				temperature: 0,
				seed: 1,
				reference: "",
				stateFile: null,
			},
			never,
		);
		let text = "";
		for (;;) {
			const next = await answer.next();
			if (next.done) return { text, end: next.value };
			text += next.value.text;
		}
	};

	it("loads the chat's model when it is asked, and counts both as llama.cpp allocates them", async () => {
		await complete();
		assert.equal(ownChat(engine.supervisor.status)?.state, "unloaded");
		const { text, end } = await ask("What is the capital of France?");
		assert.ok(end.kind === "done", JSON.stringify(end));
		assert.notEqual(text, "");
		const { completion, chat, isShared } = rolesView(engine.supervisor.status);
		assert.equal(isShared, false);
		assert.equal(completion.model?.file, small);
		assert.equal(chat.model?.file, talks);
		for (const { memory, heldBytes } of [completion, chat])
			assert.equal(
				heldBytes,
				memory.reduce((sum, it) => sum + bytesOf(it), 0),
			);
		const logged = predictions(engine.lines);
		assert.equal(logged.length, 2, engine.lines.join("\n"));
		for (const ratio of logged)
			assert.ok(ratio > 0.99 && ratio < 1.06, logged.join(", "));
	});

	it("completes while the other model answers", async () => {
		const answer = ask("Count from one to ten, in words.");
		const text = await complete();
		assert.notEqual(text, "");
		assert.ok((await answer).end.kind === "done");
	});
});
