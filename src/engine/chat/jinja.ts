/** Renders the Jinja template of a model. The template is untrusted, and may not even terminate. */

import { createContext, Script } from "node:vm";
import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";
import { failure, type Result, success } from "../../base/result.ts";
import { messageOf } from "../../protocol/errors.ts";

export interface TemplateMessage {
	readonly role: string;
	readonly content: string;
}

/** Values for templates besides the messages. */
export interface TemplateFacts {
	/** The texts of the model's special tokens; empty if it has none. */
	readonly beginningOfText: string;
	readonly endOfText: string;
	/** Fixed at load time, so that prompts keep their prefix. */
	readonly today: Date;
}

/** Fails with the message of the template or the renderer. */
export type RenderTemplate = (
	messages: readonly TemplateMessage[],
) => Result<string, string>;

/** Known templates take 40 ms for a thousand turns. A longer run is an endless loop, which would block every completion. */
const maxRenderMs = 1000;

export function compileTemplate(
	source: string,
	facts: TemplateFacts,
): Result<RenderTemplate, string> {
	const program = guarded(() =>
		// The options that chat templates are written for.
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

/** Runs in a script, because only scripts have a timeout. */
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

/** More than any conversation has turns. The timeout comes too late for a list that exhausts memory. */
const maxNumbers = 100_000;

/** Python's `range`. */
function range(startOrEnd: number, end?: number, step = 1): number[] {
	if (step === 0) throw new Error("range() got a step of zero");
	const [from, to] = end === undefined ? [0, startOrEnd] : [startOrEnd, end];
	if ((to - from) / step > maxNumbers) throw new Error("range() is too long");
	const numbers: number[] = [];
	for (let i = from; step > 0 ? i < to : i > to; i += step) numbers.push(i);
	return numbers;
}

/** The `strftime` directives that templates use. Always in English, as in the training data. */
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
