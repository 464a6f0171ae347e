/** Renders the Jinja template of a model. It comes out of a file, and is trusted with nothing: not even to come to an end. */

import { createContext, Script } from "node:vm";
import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";
import { failure, type Result, success } from "../../base/result.ts";
import { messageOf } from "../../protocol/errors.ts";

export interface TemplateMessage {
	readonly role: string;
	readonly content: string;
}

/** What a template may ask for besides the messages. */
export interface TemplateFacts {
	/** The texts of the model's special tokens; empty where it has none. */
	readonly beginningOfText: string;
	readonly endOfText: string;
	/** As long as it stays the same, prompts begin the same. */
	readonly today: Date;
}

/** Fails with what the template says, or with what is wrong with it. */
export type RenderTemplate = (
	messages: readonly TemplateMessage[],
) => Result<string, string>;

/** For a thousand turns the templates of the known families take 40 ms. More than this is a loop, which would hold up every completion. */
const maxRenderMs = 1000;

export function compileTemplate(
	source: string,
	facts: TemplateFacts,
): Result<RenderTemplate, string> {
	const program = guarded(() =>
		// As all templates for conversations are written for.
		parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true })),
	);
	if (!program.ok) return program;
	return success((messages) =>
		guarded(() => {
			const environment = new Environment();
			const variables = { ...globalsFor(facts), messages };
			for (const [name, value] of Object.entries(variables))
				environment.set(name, value);
			const { value } = new Interpreter(environment).run(program.value);
			return String(value);
		}),
	);
}

const room: { work?: () => unknown } = createContext({});
const entry = new Script("work()");

/** Inside a script, because nothing else can be stopped from outside. */
function guarded<T>(work: () => T): Result<T, string> {
	try {
		room.work = work;
		return success(entry.runInContext(room, { timeout: maxRenderMs }));
	} catch (thrown) {
		return failure(messageOf(thrown));
	} finally {
		delete room.work;
	}
}

function globalsFor({ beginningOfText, endOfText, today }: TemplateFacts) {
	return {
		true: true,
		false: false,
		none: null,
		True: true,
		False: false,
		None: null,
		add_generation_prompt: true,
		bos_token: beginningOfText,
		eos_token: endOfText,
		range,
		raise_exception: (message: unknown) => {
			throw new Error(String(message));
		},
		strftime_now: (format: unknown) => dateText(today, String(format)),
	};
}

/** No conversation has more turns; and the time limit comes too late for a list that fills the memory. */
const maxNumbers = 100_000;

/** As Python has it. */
function range(startOrEnd: number, end?: number, step = 1): number[] {
	if (step === 0) throw new Error("range() got a step of zero");
	const [from, to] = end === undefined ? [0, startOrEnd] : [startOrEnd, end];
	if ((to - from) / step > maxNumbers) throw new Error("range() is too long");
	const numbers: number[] = [];
	for (let i = from; step > 0 ? i < to : i > to; i += step) numbers.push(i);
	return numbers;
}

/** The directives of `strftime` that templates use. In English, as models have learned it, whatever the language of the machine. */
function dateText(date: Date, format: string): string {
	const two = (value: number) => String(value).padStart(2, "0");
	const named = (options: Intl.DateTimeFormatOptions) =>
		new Intl.DateTimeFormat("en-US", options).format(date);
	const directives: Readonly<Record<string, () => string>> = {
		Y: () => String(date.getFullYear()),
		m: () => two(date.getMonth() + 1),
		d: () => two(date.getDate()),
		H: () => two(date.getHours()),
		M: () => two(date.getMinutes()),
		S: () => two(date.getSeconds()),
		B: () => named({ month: "long" }),
		b: () => named({ month: "short" }),
		A: () => named({ weekday: "long" }),
		a: () => named({ weekday: "short" }),
	};
	return format.replace(
		/%(\w)/g,
		(whole, letter: string) => directives[letter]?.() ?? whole,
	);
}
