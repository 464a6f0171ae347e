/** Templates in the shapes that the families of models have, as small as they show what is particular to each. */

export interface TemplateShape {
	readonly source: string;
	readonly beginningOfText: string;
	readonly endOfText: string;
	/** What stands between the turns, as single tokens. */
	readonly specialTokens: readonly string[];
	/** The prompt of one system turn `S`, two questions `Q` and `R`, and the answer ` A` between them. */
	readonly rendered: string;
	/** It puts a space before questions, which is then part of them. */
	readonly spacesQuestions?: true;
	/** It asks for an answer in other words than it gives answers with: what was asked is not said again. */
	readonly opensThoughts?: true;
}

export const templateShapes = {
	chatMl: {
		source: `{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n' }}{% endfor %}
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`,
		beginningOfText: "",
		endOfText: "<|im_end|>",
		specialTokens: ["<|im_start|>", "<|im_end|>"],
		rendered:
			"<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n A<|im_end|>\n" +
			"<|im_start|>user\nR<|im_end|>\n<|im_start|>assistant\n",
	},
	/** Names a date, trims, and takes the system turn out of the list. */
	llama3: {
		source: `{{- bos_token }}
{%- if not tools is defined %}{%- set tools = none %}{%- endif %}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}{%- set date_string = strftime_now("%d %b %Y") %}{%- else %}{%- set date_string = "1 Jan 2000" %}{%- endif %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_text = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_text = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\nToday: " + date_string + "\\n\\n" + system_text + "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
`,
		beginningOfText: "<|begin_of_text|>",
		endOfText: "<|eot_id|>",
		specialTokens: [
			"<|begin_of_text|>",
			"<|start_header_id|>",
			"<|end_header_id|>",
			"<|eot_id|>",
		],
		rendered:
			"<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nToday: 05 Mar 2026\n\nS<|eot_id|>" +
			"<|start_header_id|>user<|end_header_id|>\n\nQ<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n A<|eot_id|>" +
			"<|start_header_id|>user<|end_header_id|>\n\nR<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
	},
	/** Moves the system turn to the last question, insists on turns that alternate, and puts a space before an answer. */
	mistral: {
		source: `{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if (message["role"] == "user") != (loop.index0 % 2 == 0) %}
        {{- raise_exception("Questions and answers must take turns") }}
    {%- endif %}
    {%- if message["role"] == "user" %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- else %}
        {{- " " + message["content"] + eos_token }}
    {%- endif %}
{%- endfor %}`,
		beginningOfText: "<s>",
		endOfText: "</s>",
		specialTokens: ["<s>", "</s>", "[INST]", "[/INST]"],
		rendered: "<s>[INST] S\n\nQ[/INST] A</s>[INST] R[/INST]",
		spacesQuestions: true,
	},
	/** Has no role for the system, and says so. */
	gemma: {
		source: `{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('No system role here') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate') }}{% endif %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '
' + message['content'] | trim + '<end_of_turn>
' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model
'}}{% endif %}`,
		beginningOfText: "<bos>",
		endOfText: "<eos>",
		specialTokens: ["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"],
		rendered:
			"<bos><start_of_turn>user\nS\n\nQ<end_of_turn>\n<start_of_turn>model\n A<end_of_turn>\n" +
			"<start_of_turn>user\nR<end_of_turn>\n<start_of_turn>model\n",
	},
	/** Collects the system texts in a namespace, drops earlier thoughts, and opens the next ones. */
	deepSeek: {
		source: `{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{% set ns = namespace(system='') %}{%- for message in messages %}{%- if message['role'] == 'system' %}{% set ns.system = ns.system + message['content'] %}{%- endif %}{%- endfor %}{{ bos_token }}{{ ns.system }}{%- for message in messages %}{%- if message['role'] == 'user' %}{{ '<｜User｜>' + message['content'] }}{%- endif %}{%- if message['role'] == 'assistant' %}{% set content = message['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}{{ '<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>' }}{%- endif %}{%- endfor %}{% if add_generation_prompt %}{{ '<｜Assistant｜><think>\\n' }}{% endif %}`,
		beginningOfText: "<｜begin▁of▁sentence｜>",
		endOfText: "<｜end▁of▁sentence｜>",
		specialTokens: [
			"<｜begin▁of▁sentence｜>",
			"<｜end▁of▁sentence｜>",
			"<｜User｜>",
			"<｜Assistant｜>",
			"<think>",
			"</think>",
		],
		rendered:
			"<｜begin▁of▁sentence｜>S<｜User｜>Q<｜Assistant｜> A<｜end▁of▁sentence｜><｜User｜>R<｜Assistant｜><think>\n",
		opensThoughts: true,
	},
	/** Looks backwards for the last question, and treats thoughts before it otherwise than those behind. */
	qwen3: {
		source: `{%- if messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(multi_step=true, last_question=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step = false %}
        {%- set ns.last_question = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {%- if message.role == "user" or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set thoughts = '' %}
        {%- if message.reasoning_content is string %}
            {%- set thoughts = message.reasoning_content %}
        {%- elif '</think>' in content %}
            {%- set thoughts = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_question and thoughts %}
            {{- '<|im_start|>assistant\\n<think>\\n' + thoughts.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}`,
		beginningOfText: "",
		endOfText: "<|im_end|>",
		specialTokens: ["<|im_start|>", "<|im_end|>", "<think>", "</think>"],
		rendered:
			"<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n A<|im_end|>\n" +
			"<|im_start|>user\nR<|im_end|>\n<|im_start|>assistant\n",
	},
	/** Leaves a system turn out without a word, and ends with the end of text where no answer is asked for. */
	phi: {
		source: `{% for message in messages %}{% if message['role'] == 'user' %}{{ '<|user|>\\n' + message['content'] + '<|end|>\\n' }}{% elif message['role'] == 'assistant' %}{{ '<|assistant|>\\n' + message['content'] + '<|end|>\\n' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}`,
		beginningOfText: "<s>",
		endOfText: "<|endoftext|>",
		specialTokens: [
			"<s>",
			"<|endoftext|>",
			"<|user|>",
			"<|assistant|>",
			"<|end|>",
		],
		rendered:
			"<|user|>\nS\n\nQ<|end|>\n<|assistant|>\n A<|end|>\n<|user|>\nR<|end|>\n<|assistant|>\n",
	},
	/** Answers come in channels. */
	harmony: {
		source: `{%- macro opening(role) -%}{{- "<|start|>" + role }}{%- endmacro -%}
{{- opening("system") + "<|message|>Today is " + strftime_now("%Y-%m-%d") + "<|end|>" }}
{%- for message in messages -%}
    {%- if message.role == "system" -%}
        {{- opening("developer") + "<|message|># Instructions\\n\\n" + message.content + "<|end|>" }}
    {%- elif message.role == "assistant" -%}
        {{- opening("assistant") + "<|channel|>final<|message|>" + message.content + "<|end|>" }}
    {%- else -%}
        {{- opening(message.role) + "<|message|>" + message.content + "<|end|>" }}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- opening("assistant") }}{%- endif -%}`,
		beginningOfText: "",
		endOfText: "<|return|>",
		specialTokens: ["<|start|>", "<|channel|>", "<|message|>", "<|end|>"],
		rendered:
			"<|start|>system<|message|>Today is 2026-03-05<|end|><|start|>developer<|message|># Instructions\n\nS<|end|>" +
			"<|start|>user<|message|>Q<|end|><|start|>assistant<|channel|>final<|message|> A<|end|>" +
			"<|start|>user<|message|>R<|end|><|start|>assistant",
		opensThoughts: true,
	},
} as const satisfies Readonly<Record<string, TemplateShape>>;
