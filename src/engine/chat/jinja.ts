/** Renders the Jinja template of a model as transformers does. The template is untrusted, and may not even terminate. */

import { createContext, Script } from "node:vm";
import { failure, type Result, success } from "../../base/result.ts";
import { messageOf } from "../../protocol/errors.ts";
import { globalFunctions } from "./template/library/globals.ts";
import { render } from "./template/run/render.ts";
import { parse } from "./template/syntax/parse.ts";
import { Callable, Dict, type Value } from "./template/values/value.ts";

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

/** What templates disagree about. */
export interface TemplateDialect {
	/** Transformers defines `tools` and `documents` always; without any they are none. Some templates know them as undefined only. */
	readonly definesTools: boolean;
	/** Models that also see pictures may take a content in parts only, each a dictionary with a type. */
	readonly takesParts: boolean;
}

export const transformersDialect: TemplateDialect = {
	definesTools: true,
	takesParts: false,
};

/** Fails with the message of the template or the renderer. */
export type RenderTemplate = (
	messages: readonly TemplateMessage[],
	/** That of transformers if not given. */
	dialect?: TemplateDialect,
) => Result<string, string>;

/** Known templates take 40 ms for a thousand turns. A longer run is an endless loop, which would block every completion. */
const maxRenderMs = 1000;
/** Why such a template fails. */
export const timedOut = `it timed out after ${maxRenderMs} ms`;

export function compileTemplate(
	source: string,
	facts: TemplateFacts,
): Result<RenderTemplate, string> {
	const body = guarded(() => parse(source));
	if (!body.ok) return body;
	const variables = variablesFor(facts);
	return success((messages, dialect = transformersDialect) => {
		const { definesTools, takesParts } = dialect;
		return guarded(() =>
			render(body.value, [
				...variables,
				...(definesTools ? noTools : []),
				["messages", messages.map((it) => dictOf(it, takesParts))],
			]),
		);
	});
}

const room: { work?: () => unknown } = createContext({});
const entry = new Script("work()");

/** Runs in a script, because only scripts have a timeout. */
function guarded<T>(work: () => T): Result<T, string> {
	try {
		room.work = work;
		return success(entry.runInContext(room, { timeout: maxRenderMs }));
	} catch (thrown) {
		return failure(reasonOf(thrown));
	} finally {
		delete room.work;
	}
}

function reasonOf(thrown: unknown): string {
	const code = (thrown as { readonly code?: unknown } | null)?.code;
	if (code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return timedOut;
	const message = messageOf(thrown);
	return /call stack/.test(message) ? "it is nested too deeply" : message;
}

function dictOf(
	{ role, content }: TemplateMessage,
	takesParts: boolean,
): Value {
	const part = new Dict([
		["type", "text"],
		["text", content],
	]);
	return new Dict([
		["role", role],
		["content", takesParts ? [part] : content],
	]);
}

const noTools = [
	["tools", null],
	["documents", null],
] as const;

function variablesFor({
	beginningOfText,
	endOfText,
	today,
}: TemplateFacts): readonly (readonly [name: string, value: Value])[] {
	return [
		...[...globalFunctions(today)].map(
			([name, call]) => [name, new Callable(call)] as const,
		),
		["add_generation_prompt", true],
		["bos_token", beginningOfText],
		["eos_token", endOfText],
	];
}
