/** `npm run bench -- questions`: how many of twenty checkable questions about this project a chat model answers rightly, through the chat's own path. */

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { UserError } from "../../../scripts/shell.ts";
import {
	namesInQuestion,
	pathNamed,
} from "../../../src/chat/attachments/namedInQuestion.ts";
import {
	ask,
	createConversation,
} from "../../../src/chat/conversation/conversation.ts";
import { TurnCounter } from "../../../src/chat/prompt/turnCounter.ts";
import { generateAnswer } from "../../../src/chat/session/generateAnswer.ts";
import { LoadedChatModel } from "../../../src/client/loadedChatModel.ts";
import type { Attachment } from "../../../src/protocol/attachment.ts";
import { errorText } from "../../../src/protocol/errors.ts";
import { RealEngine, root } from "../../support/models/realEngine.ts";
import { checkedQuestions } from "./checkedQuestions.ts";

export interface QuestionFigures {
	readonly model: string;
	readonly right: number;
	readonly asked: number;
	/** Questions whose file was found by its name. */
	readonly attached: number;
	readonly secondsPerAnswer: number;
	/** Numbers of the questions, from 1. */
	readonly wrong: readonly number[];
}

/** The transcripts are in `test/out`. */
export async function benchQuestions(model: string): Promise<QuestionFigures> {
	const out = path.join(root, "test", "out");
	const engine = new RealEngine();
	engine.modelFile = model;
	engine.threads = 0;
	const source = new LoadedChatModel(engine.supervisor, engine.client);
	const files = execFileSync("git", ["ls-files", "src"], {
		cwd: root,
		encoding: "utf8",
	}).split("\n");
	const transcript: string[] = [];
	const wrong: number[] = [];
	let attached = 0;
	let answerMs = 0;
	try {
		const never = new AbortController().signal;
		const loaded = await source.load(never);
		if (!loaded?.ok)
			throw new UserError(
				loaded ? errorText(loaded.error) : "It was not loaded.",
			);
		const { name, error } = loaded.value;
		if (error) throw new UserError(errorText(error));
		for (const [index, { question, isRight }] of checkedQuestions.entries()) {
			const attachments = attachmentsOf(question, files);
			if (attachments.length > 0) attached++;
			const answerId = "a";
			const conversation = ask(createConversation("c", 0), {
				questionId: "q",
				answerId,
				atMs: 0,
				model: name,
				text: question,
				prompt: question,
				attachments,
			});
			let answer = "";
			const startMs = performance.now();
			const end = await generateAnswer(
				{
					model: source,
					engine: engine.client,
					counter: new TurnCounter(source, engine.client),
					stateFile: null,
				},
				conversation,
				answerId,
				// An answer that repeats itself is wrong, however long it goes on.
				AbortSignal.timeout(maxAnswerMs),
				{
					onModel: () => {},
					onPlan: () => {},
					onChunk: ({ segment, text }) => {
						if (segment === "text") answer += text;
					},
				},
			);
			answerMs += performance.now() - startMs;
			const right = isRight(answer);
			if (!right) wrong.push(index + 1);
			transcript.push(
				`## ${index + 1}. ${right ? "right" : "WRONG"}\n\n${question}\n\n` +
					`(${attachments.map(({ label }) => label).join(", ") || "nothing attached"}; ended: ${end.kind})\n\n${answer}\n`,
			);
			console.error(
				`${index + 1} of ${checkedQuestions.length}: ${right ? "right" : "wrong"}`,
			);
		}
		mkdirSync(out, { recursive: true });
		writeFileSync(
			path.join(
				out,
				`questions-${path.basename(model || "built-in", ".gguf")}.md`,
			),
			transcript.join("\n"),
		);
		return {
			model: name,
			right: checkedQuestions.length - wrong.length,
			asked: checkedQuestions.length,
			attached,
			secondsPerAnswer:
				Math.round(answerMs / checkedQuestions.length / 100) / 10,
			wrong,
		};
	} finally {
		source.dispose();
		await engine.stop();
	}
}

const maxAnswerMs = 90_000;

/** As the panel attaches what a question names. */
function attachmentsOf(
	question: string,
	files: readonly string[],
): readonly Attachment[] {
	return namesInQuestion(question).paths.flatMap((name) => {
		const file = pathNamed(name, files);
		return file === undefined
			? []
			: [
					{
						kind: "file" as const,
						label: file,
						path: file,
						languageId: "typescript",
						text: readFileSync(path.join(root, file), "utf8"),
					},
				];
	});
}
