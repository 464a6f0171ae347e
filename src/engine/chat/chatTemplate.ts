/**
 * From the turns of a conversation to the parts of a prompt, by the model's own template.
 *
 * Invariant: what people and models say is never taken for words of the template. It is rendered with markers in the places of
 * what was said, and cut apart at them.
 */

import { assert } from "../../base/assert.ts";
import { failure, type Result, success } from "../../base/result.ts";
import type { LoadableFile } from "../../models/header/modelFile.ts";
import type { ChatTurn } from "../../protocol/chat.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import {
	compileTemplate,
	type RenderTemplate,
	type TemplateFacts,
	type TemplateMessage,
} from "./jinja.ts";

export type ChatPart =
	| { readonly isTemplate: true; readonly text: string }
	| {
			readonly isTemplate: false;
			readonly text: string;
			/** The index of the turn. */
			readonly turn: number;
	  };

/** A template that was tried and found to work. */
export interface ChatTemplate {
	readonly modelName: string;
	readonly render: RenderTemplate;
	/** Stands around the index of a turn, and nowhere in the template itself. */
	readonly marker: string;
	/** Whether the text of the system goes to the front of the first question, because the template has no good place for it. */
	readonly mergesSystem: boolean;
}

/** What models of that family are trained with: for files whose own template of the kind is beyond our renderer. */
const chatMl =
	"{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}{{ '<|im_start|>assistant\n' }}";

const betweenSystemAndQuestion = "\n\n";

/** How the model wants to be talked with, or why it cannot be. */
export function chatTemplateOf(
	{
		description,
		chatTemplate,
	}: Pick<LoadableFile, "description" | "chatTemplate">,
	facts: TemplateFacts,
): Result<ChatTemplate, HeadroomError> {
	const { name: model, roles } = description;
	if (chatTemplate === null)
		return failure(createError("chatUnsupported", { model }));
	if (!roles.includes("chat"))
		return failure(createError("chatTooSmall", { model }));
	const own = tryTemplate(chatTemplate, facts, model);
	if (own.ok) return own;
	return /<\|im_start\|>.*<\|im_end\|>/s.test(chatTemplate)
		? tryTemplate(chatMl, facts, model)
		: own;
}

const probe: readonly ChatTurn[] = [
	{ role: "system", text: "s" },
	{ role: "user", text: "q" },
	{ role: "assistant", text: "a" },
	{ role: "user", text: "r" },
];

/**
 * A template may refuse a system turn, leave it out, or move it along to the last question, which would have the whole prompt evaluated
 * anew each time. So it is tried on a small conversation.
 */
function tryTemplate(
	source: string,
	facts: TemplateFacts,
	modelName: string,
): Result<ChatTemplate, HeadroomError> {
	const compiled = compileTemplate(source, facts);
	if (!compiled.ok) return broken(modelName, compiled.error);
	const marker = characterNotIn(
		source + facts.beginningOfText + facts.endOfText,
	);
	const candidates = [false, true].map((mergesSystem) => {
		const render = compiled.value;
		return { modelName, render, marker, mergesSystem };
	});
	const tried = candidates.map((template) => {
		const parts = renderChat(template, probe);
		return {
			template,
			parts,
			goesOn: parts.ok && goesOn(template, parts.value),
		};
	});
	const best = tried.find((it) => it.goesOn) ?? tried.find((it) => it.parts.ok);
	if (best) return success(best.template);
	// Why it fails as it is, and not how it fails otherwise.
	const [asItIs] = tried;
	assert(asItIs && !asItIs.parts.ok, "something was tried, and nothing worked");
	return asItIs.parts;
}

/** Whether the first question of the conversation was asked with the words that it has in the whole. */
function goesOn(template: ChatTemplate, whole: readonly ChatPart[]): boolean {
	const first = renderChat(template, probe.slice(0, 2));
	if (!first.ok) return false;
	const asked = first.value.slice(0, -1);
	return JSON.stringify(asked) === JSON.stringify(whole.slice(0, asked.length));
}

/** Ends with the words that ask for an answer. */
export function renderChat(
	template: ChatTemplate,
	turns: readonly ChatTurn[],
): Result<readonly ChatPart[], HeadroomError> {
	const { render, marker, modelName } = template;
	const rendered = render(messagesOf(template, turns));
	if (!rendered.ok) return broken(modelName, rendered.error);
	// The even ones are the template's, the odd ones the indices between them.
	const cut = rendered.value.split(new RegExp(`${marker}(\\d+)${marker}`));
	const isFaithful =
		cut.filter((_, at) => at % 2 === 1).join() ===
			turns.flatMap(({ text }, index) => (text === "" ? [] : [index])).join() &&
		!cut.some((text) => text.includes(marker));
	if (!isFaithful)
		return broken(modelName, "it changes or leaves out what was said");
	const parts = cut.flatMap((text, at): ChatPart[] => {
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
		// Templates ask whether there is something.
		content: turn.text === "" ? "" : marker + index + marker,
	}));
	const [system, ...others] = messages;
	if (!mergesSystem || system?.role !== "system") return messages;
	const [question, ...rest] = others;
	if (question?.role !== "user")
		return [{ role: "user", content: system.content }, ...others];
	const content = [system.content, question.content]
		.filter((it) => it !== "")
		.join(betweenSystemAndQuestion);
	return [{ role: "user", content }, ...rest];
}

/**
 * Some templates put a space before an answer that they do not ask for it with: the model has said it itself. It is left to the
 * answer, so that the prompt goes on as the conversation went.
 */
function asGenerated(
	parts: readonly ChatPart[],
	turns: readonly ChatTurn[],
): readonly ChatPart[] {
	const asking = parts.at(-1);
	if (!asking?.isTemplate) return parts;
	return parts.map((part, at) => {
		const next = parts[at + 1];
		if (!part.isTemplate || !next || next.isTemplate) return part;
		if (turns[next.turn]?.role !== "assistant") return part;
		const space = part.text.startsWith(asking.text)
			? part.text.slice(asking.text.length)
			: "";
		return /^\s+$/.test(space) && next.text.startsWith(space) ? asking : part;
	});
}

/** A space between the template's words and what someone says is part of a word for most tokenizers: it goes to that word. */
function withSpaces(
	parts: readonly ChatPart[],
	turns: readonly ChatTurn[],
): readonly ChatPart[] {
	const isSaid = (part: ChatPart | undefined): boolean =>
		part?.isTemplate === false && turns[part.turn]?.role !== "assistant";
	return parts.map((part, at) => {
		const before = parts[at - 1];
		if (part.isTemplate)
			return isSaid(parts[at + 1])
				? { ...part, text: part.text.replace(/ $/, "") }
				: part;
		return isSaid(part) && before?.isTemplate && before.text.endsWith(" ")
			? { ...part, text: ` ${part.text}` }
			: part;
	});
}

/** For private use, so that no template treats it as a space or a letter. */
function characterNotIn(text: string): string {
	let code = 0xe000;
	while (text.includes(String.fromCodePoint(code))) code++;
	return String.fromCodePoint(code);
}

function broken(model: string, why: string): Result<never, HeadroomError> {
	return failure(createError("chatTemplateBroken", { model, why }));
}
