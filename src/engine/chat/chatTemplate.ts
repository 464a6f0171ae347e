/**
 * Renders a conversation into the parts of a prompt, with the model's own template.
 *
 * Invariant: text of turns is never parsed as template text. The template is rendered with markers instead of the text, and split at
 * the markers.
 */

import { assert } from "../../base/assert.ts";
import { failure, type Result, success } from "../../base/result.ts";
import { type Phrase, phrase } from "../../base/sentence.ts";
import type { LoadableFile } from "../../models/header/modelFile.ts";
import type { ChatTurn } from "../../protocol/chat.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import {
	compileTemplate,
	type RenderTemplate,
	type TemplateDialect,
	type TemplateFacts,
	type TemplateMessage,
	timedOut,
	transformersDialect,
} from "./jinja.ts";
import { plainFormatFor } from "./plainFormats.ts";

/** The words of a template or its renderer, or ours. */
type Why = string | Phrase;

export type ChatPart =
	| { readonly isTemplate: true; readonly text: string }
	| {
			readonly isTemplate: false;
			readonly text: string;
			/** The index of the turn. */
			readonly turn: number;
	  };

/** A template that has been tested. */
export interface ChatTemplate {
	readonly modelName: string;
	readonly render: RenderTemplate;
	readonly dialect: TemplateDialect;
	/** A character that encloses the index of a turn, and does not occur in the template. */
	readonly marker: string;
	/** Whether the system text is merged into the first question, because the template does not support it well. */
	readonly mergesSystem: boolean;
	/** Why the model's own template is not used, if the plain format of its family is. */
	readonly note?: HeadroomError;
}

/** In the order in which they are tried: that of transformers first. */
const dialects: readonly TemplateDialect[] = [
	transformersDialect,
	{ definesTools: false, takesParts: false },
	{ definesTools: true, takesParts: true },
	{ definesTools: false, takesParts: true },
];

const systemSeparator = "\n\n";

/**
 * The chat template of a model, the plain format of its family if that cannot be rendered, or why the model cannot chat.
 *
 * @param isSpecial whether the vocabulary has this text as a special token.
 */
export function chatTemplateOf(
	{
		description,
		chatTemplate,
	}: Pick<LoadableFile, "description" | "chatTemplate">,
	facts: TemplateFacts,
	isSpecial: (text: string) => boolean = () => false,
): Result<ChatTemplate, HeadroomError> {
	const { name: model, roles } = description;
	if (chatTemplate === null)
		return failure(createError("chatUnsupported", { model }));
	if (!roles.includes("chat"))
		return failure(createError("chatTooSmall", { model }));
	const own = tryTemplate(chatTemplate, facts, model);
	if (own.ok) return own;
	const format =
		plainFormatFor((token) => chatTemplate.includes(token)) ??
		plainFormatFor(isSpecial);
	const plain = format && tryTemplate(format.source, facts, model);
	if (!plain?.ok) return broken(model, own.error);
	const note = createError("chatTemplatePlain", {
		model,
		why: own.error,
		format: format?.name ?? "",
	});
	return success({ ...plain.value, note });
}

const probe: readonly ChatTurn[] = [
	{ role: "system", text: "s" },
	{ role: "user", text: "q" },
	{ role: "assistant", text: "a" },
	{ role: "user", text: "r" },
];

/**
 * Tests a template on a small conversation; fails with the reason. It may reject a system turn, drop it, or move it to the last question, which would require
 * evaluating the whole prompt again each time.
 */
function tryTemplate(
	source: string,
	facts: TemplateFacts,
	modelName: string,
): Result<ChatTemplate, Why> {
	const compiled = compileTemplate(source, facts);
	if (!compiled.ok) return compiled;
	const marker = characterNotIn(
		source + facts.beginningOfText + facts.endOfText,
	);
	// The first error is reported, without merging: it is the template's own.
	let problem: Why | undefined;
	for (const dialect of dialects) {
		let usable: ChatTemplate | undefined;
		for (const mergesSystem of [false, true]) {
			const render = compiled.value;
			const template = { modelName, render, dialect, marker, mergesSystem };
			const parts = tryRender(template, probe);
			if (parts.ok) {
				if (isAppendOnly(template, parts.value)) return success(template);
				usable ??= template;
			} else {
				problem ??= parts.error;
				// Another try would hold up the engine as long.
				if (parts.error === timedOut) return failure(problem);
			}
		}
		if (usable) return success(usable);
	}
	assert(problem !== undefined, "a dialect worked");
	return failure(problem);
}

/** Whether the prompt of the first question is a prefix of the prompt of the whole conversation. */
function isAppendOnly(
	template: ChatTemplate,
	whole: readonly ChatPart[],
): boolean {
	const first = tryRender(template, probe.slice(0, 2));
	if (!first.ok) return false;
	const asked = first.value.slice(0, -1);
	return JSON.stringify(asked) === JSON.stringify(whole.slice(0, asked.length));
}

/** The prompt ends with the template text that starts an answer. */
export function renderChat(
	template: ChatTemplate,
	turns: readonly ChatTurn[],
): Result<readonly ChatPart[], HeadroomError> {
	const parts = tryRender(template, turns);
	return parts.ok ? parts : broken(template.modelName, parts.error);
}

function tryRender(
	template: ChatTemplate,
	turns: readonly ChatTurn[],
): Result<readonly ChatPart[], Why> {
	const { render, dialect, marker } = template;
	const rendered = render(messagesOf(template, turns), dialect);
	if (!rendered.ok) return rendered;
	// Even pieces are template text, odd ones the indices of turns.
	const pieces = rendered.value.split(new RegExp(`${marker}(\\d+)${marker}`));
	const isFaithful =
		pieces.filter((_, at) => at % 2 === 1).join() ===
			turns.flatMap(({ text }, index) => (text === "" ? [] : [index])).join() &&
		!pieces.some((text) => text.includes(marker));
	if (!isFaithful) return failure(phrase("it changes or drops messages", {}));
	const parts = pieces.flatMap((text, at): ChatPart[] => {
		if (at % 2 === 0) return text === "" ? [] : [{ isTemplate: true, text }];
		const turn = Number(text);
		return [{ isTemplate: false, text: turns[turn]?.text ?? "", turn }];
	});
	return success(withSpaces(asGenerated(parts, turns), turns));
}

function messagesOf(
	{ marker, mergesSystem }: ChatTemplate,
	turns: readonly ChatTurn[],
): readonly TemplateMessage[] {
	const messages = turns.map((turn, index) => ({
		role: turn.role,
		// Templates test whether the content is empty.
		content: turn.text === "" ? "" : marker + index + marker,
	}));
	const [system, ...others] = messages;
	if (!mergesSystem || system?.role !== "system") return messages;
	const [question, ...rest] = others;
	if (question?.role !== "user")
		return [{ role: "user", content: system.content }, ...others];
	const content = [system.content, question.content]
		.filter((it) => it !== "")
		.join(systemSeparator);
	return [{ role: "user", content }, ...rest];
}

/**
 * Some templates put a space before an answer in the history, but not before a new one, so the model generated that space itself. Leave it
 * to the answer, so that the prompt continues what is in the KV cache.
 */
function asGenerated(
	parts: readonly ChatPart[],
	turns: readonly ChatTurn[],
): readonly ChatPart[] {
	const answerStart = parts.at(-1);
	if (!answerStart?.isTemplate) return parts;
	return parts.map((part, at) => {
		const next = parts[at + 1];
		if (!part.isTemplate || !next || next.isTemplate) return part;
		if (turns[next.turn]?.role !== "assistant") return part;
		const space = part.text.startsWith(answerStart.text)
			? part.text.slice(answerStart.text.length)
			: "";
		return /^\s+$/.test(space) && next.text.startsWith(space)
			? answerStart
			: part;
	});
}

/** Moves a space before the text of a turn from the template to that text: most tokenizers make it part of the next word. */
function withSpaces(
	parts: readonly ChatPart[],
	turns: readonly ChatTurn[],
): readonly ChatPart[] {
	const isGiven = (part: ChatPart | undefined): boolean =>
		part?.isTemplate === false && turns[part.turn]?.role !== "assistant";
	return parts.map((part, at) => {
		const before = parts[at - 1];
		if (part.isTemplate)
			return isGiven(parts[at + 1])
				? { ...part, text: part.text.replace(/ $/, "") }
				: part;
		return isGiven(part) && before?.isTemplate && before.text.endsWith(" ")
			? { ...part, text: ` ${part.text}` }
			: part;
	});
}

/** From the private use area, so that no template treats it as a space or a letter. */
function characterNotIn(text: string): string {
	let code = 0xe000;
	while (text.includes(String.fromCodePoint(code))) code++;
	return String.fromCodePoint(code);
}

function broken(model: string, why: Why): Result<never, HeadroomError> {
	return failure(createError("chatTemplateBroken", { model, why }));
}
