/**
 * The formats of the families of models, for a model whose own template cannot be rendered. A family is recognized by its special tokens.
 *
 * A format that has no system turn refuses one: the system text then goes into the first question.
 */

export interface PlainFormat {
	/** As the user may know it. */
	readonly name: string;
	/** All of them are in the template, or in the vocabulary. */
	readonly tokens: readonly string[];
	/** In Jinja. */
	readonly source: string;
}

interface Turns {
	readonly system: string | null;
	readonly user: string;
	readonly assistant: string;
	/** Before all turns; the text that begins every prompt of the model if not given. */
	readonly start?: string;
	/** What starts an answer. */
	readonly asking: string;
}

/** @returns a template with these turns, in each of which `{}` stands for what is said. */
function templateOf({ system, user, assistant, start, asking }: Turns): string {
	const said = (turn: string) =>
		turn.split("{}").map(literal).join("{{ message.content }}");
	const systemTurn =
		system === null
			? "{{ raise_exception('This format has no system turn.') }}"
			: said(system);
	return [
		start === undefined ? "{{ bos_token }}" : literal(start),
		"{% for message in messages %}",
		`{% if message.role == 'system' %}${systemTurn}`,
		`{% elif message.role == 'user' %}${said(user)}`,
		`{% else %}${said(assistant)}{% endif %}`,
		`{% endfor %}${literal(asking)}`,
	].join("");
}

/** Text as an expression, which no whitespace control changes. */
function literal(text: string): string {
	return text === "" ? "" : `{{ ${JSON.stringify(text)} }}`;
}

/** The same turn for each role, which is named in it. */
function sameTurns(
	turn: (role: string) => string,
	asking: string,
): Pick<Turns, "system" | "user" | "assistant" | "asking"> {
	const [system, user, assistant] = ["system", "user", "assistant"].map(turn);
	return {
		system: system ?? null,
		user: user ?? "",
		assistant: assistant ?? "",
		asking,
	};
}

/** Those that share tokens with others come first. */
export const plainFormats: readonly PlainFormat[] = [
	{
		name: "Harmony",
		tokens: ["<|start|>", "<|channel|>", "<|message|>", "<|end|>"],
		source: templateOf({
			system: "<|start|>developer<|message|># Instructions\n\n{}<|end|>",
			user: "<|start|>user<|message|>{}<|end|>",
			assistant: "<|start|>assistant<|channel|>final<|message|>{}<|end|>",
			start: "",
			asking: "<|start|>assistant<|channel|>final<|message|>",
		}),
	},
	{
		name: "Kimi",
		tokens: ["<|im_user|>", "<|im_assistant|>", "<|im_middle|>", "<|im_end|>"],
		source: templateOf({
			...sameTurns(
				(role) => `<|im_${role}|>${role}<|im_middle|>{}<|im_end|>`,
				"<|im_assistant|>assistant<|im_middle|>",
			),
			start: "",
		}),
	},
	{
		name: "Phi-4",
		tokens: ["<|im_start|>", "<|im_sep|>", "<|im_end|>"],
		source: templateOf({
			...sameTurns(
				(role) => `<|im_start|>${role}<|im_sep|>{}<|im_end|>`,
				"<|im_start|>assistant<|im_sep|>",
			),
			start: "",
		}),
	},
	{
		name: "ChatML",
		tokens: ["<|im_start|>", "<|im_end|>"],
		source: templateOf({
			...sameTurns(
				(role) => `<|im_start|>${role}\n{}<|im_end|>\n`,
				"<|im_start|>assistant\n",
			),
			start: "",
		}),
	},
	{
		name: "Llama 3",
		tokens: ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
		source: templateOf(
			sameTurns(
				(role) => `<|start_header_id|>${role}<|end_header_id|>\n\n{}<|eot_id|>`,
				"<|start_header_id|>assistant<|end_header_id|>\n\n",
			),
		),
	},
	{
		name: "Llama 4",
		tokens: ["<|header_start|>", "<|header_end|>", "<|eot|>"],
		source: templateOf(
			sameTurns(
				(role) => `<|header_start|>${role}<|header_end|>\n\n{}<|eot|>`,
				"<|header_start|>assistant<|header_end|>\n\n",
			),
		),
	},
	{
		name: "Gemma",
		tokens: ["<start_of_turn>", "<end_of_turn>"],
		source: templateOf({
			system: null,
			user: "<start_of_turn>user\n{}<end_of_turn>\n",
			assistant: "<start_of_turn>model\n{}<end_of_turn>\n",
			asking: "<start_of_turn>model\n",
		}),
	},
	{
		name: "Gemma 4",
		tokens: ["<|turn>", "<turn|>"],
		source: templateOf({
			system: "<|turn>system\n{}<turn|>\n",
			user: "<|turn>user\n{}<turn|>\n",
			assistant: "<|turn>model\n{}<turn|>\n",
			asking: "<|turn>model\n",
		}),
	},
	{
		name: "Granite",
		tokens: ["<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>"],
		source: templateOf({
			...sameTurns(
				(role) => `<|start_of_role|>${role}<|end_of_role|>{}<|end_of_text|>\n`,
				"<|start_of_role|>assistant<|end_of_role|>",
			),
			start: "",
		}),
	},
	{
		name: "Command",
		tokens: [
			"<|START_OF_TURN_TOKEN|>",
			"<|USER_TOKEN|>",
			"<|CHATBOT_TOKEN|>",
			"<|END_OF_TURN_TOKEN|>",
		],
		source: templateOf({
			system: "<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>{}<|END_OF_TURN_TOKEN|>",
			user: "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>{}<|END_OF_TURN_TOKEN|>",
			assistant:
				"<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>{}<|END_OF_TURN_TOKEN|>",
			asking: "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>",
		}),
	},
	{
		name: "DeepSeek",
		tokens: ["<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>"],
		source: templateOf({
			system: "{}",
			user: "<｜User｜>{}",
			assistant: "<｜Assistant｜>{}<｜end▁of▁sentence｜>",
			asking: "<｜Assistant｜>",
		}),
	},
	{
		name: "Seed",
		tokens: ["<seed:bos>", "<seed:eos>"],
		source: templateOf({
			...sameTurns(
				(role) => `<seed:bos>${role}\n{}<seed:eos>`,
				"<seed:bos>assistant\n",
			),
			start: "",
		}),
	},
	{
		name: "GLM",
		tokens: ["[gMASK]", "<sop>", "<|user|>", "<|assistant|>"],
		source: templateOf({
			...sameTurns((role) => `<|${role}|>\n{}`, "<|assistant|>\n"),
			start: "[gMASK]<sop>",
		}),
	},
	{
		name: "EXAONE",
		tokens: ["[|user|]", "[|assistant|]", "[|endofturn|]"],
		source: templateOf({
			system: "[|system|]{}[|endofturn|]\n",
			user: "[|user|]{}\n",
			assistant: "[|assistant|]{}[|endofturn|]\n",
			start: "",
			asking: "[|assistant|]",
		}),
	},
	{
		name: "Phi",
		tokens: ["<|user|>", "<|assistant|>", "<|end|>"],
		source: templateOf({
			...sameTurns((role) => `<|${role}|>\n{}<|end|>\n`, "<|assistant|>\n"),
			start: "",
		}),
	},
	{
		name: "Mistral",
		tokens: ["[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[INST]", "[/INST]"],
		source: templateOf({
			system: "[SYSTEM_PROMPT]{}[/SYSTEM_PROMPT]",
			user: "[INST]{}[/INST]",
			assistant: "{}</s>",
			asking: "",
		}),
	},
	{
		name: "Mistral",
		tokens: ["[INST]", "[/INST]"],
		source: templateOf({
			system: null,
			user: "[INST] {} [/INST]",
			assistant: " {}</s>",
			asking: "",
		}),
	},
];

/** The format of a family of which all tokens are known; undefined if there is none. */
export function plainFormatFor(
	isKnown: (token: string) => boolean,
): PlainFormat | undefined {
	return plainFormats.find(({ tokens }) => tokens.every(isKnown));
}
