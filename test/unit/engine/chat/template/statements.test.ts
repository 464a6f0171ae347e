/** Statements render as with Jinja 3.1 and the settings of transformers; every expected text is its. */

import assert from "node:assert/strict";
import {
	renderedText,
	rendering,
} from "../../../../support/jinjaExpressions.ts";

const rendered: readonly (readonly [source: string, text: string])[] = [
	["{% for x in [1,2] %}{{ x }}{% endfor %}", "12"],
	["{% for x in [1,2] %}\n  {{ x }}\n{% endfor %}\n", "  1\n  2\n"],
	["a\n  {% if true %}\n  b\n  {% endif %}\nc\n\n", "a\n  b\nc\n"],
	["a\n  {%- if true %}\n  b\n  {%- endif -%}\nc", "a  bc"],
	["a\n  {%+ if true %}\n  b\n  {%+ endif +%}\nc", "a\n    b\n  \nc"],
	["a  {{- 1 -}}  b", "a1b"],
	["a\n {# comment #}\n b{#- c -#}  d", "a\n bd"],
	["a {#- - -#} b{#-#} c", "ab c"],
	["{# multi\nline {{ x }} {% if %} #}x", "x"],
	["{% raw %}{{ x }}{% if %}{% endraw %}", "{{ x }}{% if %}"],
	["a\n  {% raw %}\n {{ x }}\n  {% endraw %}\nb", "a\n\n {{ x }}\nb"],
	["a  {%- raw -%}  {{ x }}  {%- endraw -%}  b", "a{{ x }}b"],
	["{% raw -%}\n x {% endraw %}\ny", "x y"],
	["a\r\n{% if true %}\r\nb\r\n{% endif %}\r\nc\r\n", "a\nb\nc"],
	["a\rb\r\n\nc", "a\nb\n\nc"],
	["{{ 'a\r\nb'|length }}", "3"],
	[
		"{% set x = 1 %}{% for i in [1,2] %}{{ x }}{% set x = 2 %}{{ x }}{% endfor %}{{ x }}",
		"12121",
	],
	[
		"{% for i in [1,2] %}{{ x is defined }}{% set x = 2 %}{% endfor %}",
		"FalseFalse",
	],
	[
		"{% set ns = namespace(n=0) %}{% for i in [1,2] %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}",
		"3",
	],
	[
		"{% set x = namespace() %}{% set x.a = none %}{{ x.a is none }}{{ x.b is defined }}",
		"TrueFalse",
	],
	["{% if false %}{% set y = 1 %}{% endif %}{{ y is defined }}", "False"],
	["{% if true %}{% set y = 1 %}{% endif %}{{ y }}", "1"],
	["{% set a, b = 1, 2 %}{{ a }}{{ b }}", "12"],
	["{% set (a, b) = (1, 2) %}{{ a }}{{ b }}", "12"],
	["{% set x %}a{{ 1 }}b{% endset %}[{{ x }}]", "[a1b]"],
	["{% set x | upper %}ab{% endset %}{{ x }}", "AB"],
	["{% set x | replace('a','b') | upper %}ab{% endset %}{{ x }}", "BB"],
	["{% set x = [1,2], 3 %}{{ x }}", "([1, 2], 3)"],
	["{% for k, v in {'a':1,'b':2}.items() %}{{ k }}{{ v }}{% endfor %}", "a1b2"],
	[
		"{% for k, (a, b) in [[1,(2,3)]] %}{{ k }}{{ a }}{{ b }}{% endfor %}",
		"123",
	],
	["{% for x in {'a':1} %}{{ x }}{% endfor %}", "a"],
	["{% for x in 'abc' %}{{ x }}{{ loop.index }}{% endfor %}", "a1b2c3"],
	["{% for x in nothing %}{{ x }}{% else %}none{% endfor %}", "none"],
	[
		"{% for x in [1,2,3,4] if x is even %}{{ x }}{{ loop.index }}{{ loop.last }}{% else %}e{% endfor %}",
		"21False42True",
	],
	["{% for x in [1,2] if x > 5 %}{{ x }}{% else %}none{% endfor %}", "none"],
	[
		"{% for x in [1,2,3] %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.depth }};{% endfor %}",
		"1032TrueFalse321;2121FalseFalse3131;3210FalseTrue321;",
	],
	[
		"{% for x in [1,2,3] %}{{ loop.cycle('a','b') }}{{ loop.changed(x > 1) }}{% endfor %}",
		"aTruebTrueaFalse",
	],
	[
		"{% for x in [1,2,3] %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}",
		"13",
	],
	[
		"{% for x in [1,2,3] %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% else %}E{% endfor %}",
		"1",
	],
	[
		"{% for x in [1,2] %}{% for y in [1,2] %}{% if y == 2 %}{% break %}{% endif %}{{ x }}{{ y }}{% endfor %}{% endfor %}",
		"1121",
	],
	[
		"{% for x in [{'n':1,'c':[{'n':2}]}] recursive %}{{ x.n }}{% if x.c %}({{ loop(x.c) }}){% endif %}{{ loop.depth }}{% endfor %}",
		"1(22)1",
	],
	[
		"{% for x in [1,2] %}{% for y in [3] %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}",
		"1112",
	],
	["{% for x in (1,2) %}{{ x }}{% endfor %}", "12"],
	["{% for x in 1,2 %}{{ x }}{% endfor %}", "12"],
	["{% for x in range(3) %}{{ x }}{% endfor %}", "012"],
	[
		"{% for x in messages|selectattr('role','equalto','user') %}{{ x.content }}{{ loop.last }}{% endfor %}",
		"QTrue",
	],
	[
		"{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1,3) }}{{ m(b=5,a=4) }}",
		"121345",
	],
	["{% macro m(a) %}[{{ a }}]{% endmacro %}{{ m() }}{{ m(none) }}", "[][None]"],
	["{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}", "11"],
	[
		"{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1,2,x=3) }}",
		"(1, 2){'x': 3}",
	],
	[
		"{% macro m() %}{{ x is defined }}{% endmacro %}{% for x in [1] %}{{ m() }}{% endfor %}",
		"False",
	],
	[
		"{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ m() }}",
		"2",
	],
	[
		"{% macro m() %}{% set x = 5 %}{% endmacro %}{{ m() }}{{ x is defined }}",
		"False",
	],
	[
		"{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(3) }}",
		"3210",
	],
	[
		"{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}x{{ 1 }}{% endcall %}",
		"<x1>",
	],
	[
		"{% macro m() %}{% for i in [1,2] %}{{ caller(i) }}{% endfor %}{% endmacro %}{% call(i) m() %}<{{ i }}>{% endcall %}",
		"<1><2>",
	],
	[
		"{% macro m(a) %}{{ a }}{{ caller is defined }}{% endmacro %}{{ m(1) }}",
		"1False",
	],
	["{% macro m(x) -%}\n  {{ x }}\n{%- endmacro %}\n[{{ m('q') }}]", "[q]"],
	["{% filter upper %}ab{{ 'c' }}{% endfilter %}", "ABC"],
	["{% filter replace('a','b')|upper %}aXa{% endfilter %}", "BXB"],
	[
		"{% with a=1, b=2 %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}",
		"12False",
	],
	["{% with %}{% set z = 1 %}{{ z }}{% endwith %}{{ z is defined }}", "1False"],
	[
		"{% generation %}x{% set q = 1 %}{% endgeneration %}{{ q is defined }}",
		"xFalse",
	],
	["a\n  {% generation %}\n  b\n  {% endgeneration %}\nc", "a\n  b\nc"],
	["a {%- generation -%} b {%- endgeneration -%} c", "abc"],
	["{% block foo %}x{% endblock %}{% block bar %}y{% endblock bar %}", "xy"],
	["{% if 1 == 1 and not false %}a{% elif x %}b{% else %}c{% endif %}", "a"],
	["{% if false %}a{% elif true %}b{% else %}c{% endif %}", "b"],
	["{% if false %}a{% elif false %}b{% else %}c{% endif %}", "c"],
	[
		"{% if tools %}a{% endif %}{% if tools is defined %}d{% endif %}{{ tools }}",
		"dNone",
	],
	["{% if messages|selectattr('role','equalto','x') %}gen{% endif %}", "gen"],
	["{{ messages|selectattr('role','equalto','x')|list|length }}", "0"],
	[
		"{{ messages[0].content }}{{ messages[0]['role'] }}{{ messages[-1].role }}{{ messages|last }}",
		"Quserassistant{'role': 'assistant', 'content': 'A'}",
	],
	["{{ messages[1:] }}", "[{'role': 'assistant', 'content': 'A'}]"],
	["{{ messages[0].items()|list }}", "[('role', 'user'), ('content', 'Q')]"],
	[
		"{% for m in messages %}{{ m }}{% endfor %}",
		"{'role': 'user', 'content': 'Q'}{'role': 'assistant', 'content': 'A'}",
	],
	[
		"{{ strftime_now('%Y-%m-%d %H:%M:%S %A %a %B %b %d %j %y %I %p %% %-d') }}",
		"2026-03-05 13:07:09 Thursday Thu March Mar 05 064 26 01 PM % 5",
	],
	["{{ strftime_now('%d %b %Y') }}", "05 Mar 2026"],
	[
		"{{ {'a': 1}['a'] }}{{ {'a': {'b': 2}}['a']['b'] }}{{ {'x': {}} }}",
		"12{'x': {}}",
	],
	[
		"{% set j = joiner(', ') %}{% for x in [1,2,3] %}{{ j() }}{{ x }}{% endfor %}",
		"1, 2, 3",
	],
	["{{ '{{' }}{{ '%}' }}{{ \"}}\" }}", "{{%}}}"],
	["{{ {'a': '}}'}.a }}", "}}"],
	["{{ 'x' }}\n", "x"],
	["{{ 'x' }}\n\n", "x\n"],
	["\n{{ 'x' }}", "\nx"],
	["  {{ 'x' }}  ", "  x  "],
	["  {% set x = 1 %}  y", "  y"],
	["\t{% set x = 1 %}\t\ny", "\t\ny"],
	["x {% set x = 1 %}\n  y", "x   y"],
	["{% set x = 1 %}  {% set y = 2 %}\n  z", "    z"],
	["{% set x = 1 -%}\n\n  z", "z"],
	["\n\n{%- set x = 1 %}z", "z"],
	["{% set a=1 %}\n  {% set b=2 %}\n    {{ a+b }}", "    3"],
	["{{ [1,2,3]|map('string')|join(',') }}", "1,2,3"],
	["{{ true.x }}|{{ 5.x is defined }}", "|False"],
	["{{ messages[5] is defined }}|{{ messages[5] }}", "False|"],
	["{{ 'a' if x is defined else 'b' }}", "b"],
	["{{ x if x is defined and x is not none else 'b' }}", "b"],
	[
		"{%- for message in messages %}{%- if loop.index0 == 0 -%}F{%- endif -%}{{ message['role'] }}\n{% endfor %}",
		"Fuser\nassistant\n",
	],
	["{{ ('<|' + 'a' + '|>') | trim }}", "<|a|>"],
	["{{- '<' ~ messages[0].role ~ '>' -}}\n", "<user>"],
	[
		"{{ messages | tojson }}",
		'[{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]',
	],
	[
		"{{ messages[0] | tojson(indent=4) }}",
		'{\n    "role": "user",\n    "content": "Q"\n}',
	],
	["{%set x=1%}{%if x%}y{%endif%}", "y"],
	["{{x|default('')}}{{-1}}{{- 1}}{{ -1 }}", "11-1"],
	[
		"{{ loop is defined }}{% for i in [1] %}{{ loop is defined }}{% endfor %}",
		"FalseTrue",
	],
	["{{ namespace(a=1, b='x').b }}", "x"],
	["{{ dict(a=1)|tojson }}", '{"a": 1}'],
	["{{ range(0, 10, 3)|list }}", "[0, 3, 6, 9]"],
	["{{ [1,2][0:1] + [3] }}", "[1, 3]"],
	[
		"{% set content = messages[0].content %}{% if content is string %}{{ content }}{% elif content is iterable %}L{% endif %}",
		"Q",
	],
	[
		"{% macro m(a,b) %}{{ a }}{{ b }}{% endmacro %}{{ m(*[1,2]) }}{{ m(**{'a':1,'b':2}) }}",
		"1212",
	],
	["é{% if true %}日{% endif %}𝄞", "é日𝄞"],
	["{% set é = 1 %}{{ é }}", "1"],
	["{{ 'a' 'b' ~ 'c' }}", "abc"],
	["{{ 'x' * 2 ~ 'y' }}", "xxy"],
	["{{ not x }}{{ not x is defined }}", "TrueTrue"],
	["{{ 1 in [1] and 2 not in [1] }}", "True"],
	["{{ '%s-%s' % ('a', 1) }}{{ '%s' % 'x' }}", "a-1x"],
	[
		"{% for a in [1,2] %}{% set loop_index = loop.index %}{% for b in [1] %}{{ loop_index }}{% endfor %}{% endfor %}",
		"12",
	],
	["{{ '' if none }}|{{ [] or 'e' }}|{{ 0 or none }}", "|e|None"],
	[
		"{% if 'a' in messages[0] %}1{% endif %}{% if 'role' in messages[0] %}2{% endif %}",
		"2",
	],
	[
		"{{ messages[0].get('tool_calls') }}{{ messages[0].tool_calls is defined }}{{ messages[0]['x'] is defined }}",
		"NoneFalseFalse",
	],
	[
		"{% set t = 'a,b' %}{% for p in t.split(',') %}{{ p }}{% if not loop.last %};{% endif %}{% endfor %}",
		"a;b",
	],
	["{{ 'x</think>y'.split('</think>')[-1].lstrip('\\n') }}", "y"],
	[
		"{{ messages|map(attribute='role')|join(',') }}{{ messages|map(attribute='role')|unique|list }}",
		"user,assistant['user', 'assistant']",
	],
	[
		"{% for g in messages|groupby('role') %}{{ g.grouper }}{{ g.list|length }}{{ g[0] }}{% endfor %}",
		"assistant1assistantuser1user",
	],
	["{{ 5 | string | length }}{{ 'a'|string }}", "1a"],
	["{{ x is not defined or x is none }}", "True"],
	["{{ 'abc' is in 'xabcx' }}", "True"],
	["{{ 'a' is in ['a'] and 'b' is not in ['a'] }}", "True"],
	["{{ 1 if 'a' is in ['a'] else 2 }}", "1"],
	["{{ ({'a':1} is mapping) ~ ('s' is mapping) }}", "TrueFalse"],
	["{{ foo is defined and foo.bar }}", "False"],
	[
		"{%- if messages[0]['role'] == 'system' -%}s{%- set loop_messages = messages[1:] -%}{%- else -%}{%- set loop_messages = messages -%}{%- endif -%}{{ loop_messages|length }}",
		"2",
	],
	[
		"{% for i in range(3) %}{% if loop.first %}{% set z = i %}{% endif %}{{ z is defined }}{% endfor %}",
		"TrueFalseFalse",
	],
	["{{ [1,2,3].index(2) }}{{ [1,1].count(1) }}", "12"],
	["{{ 'a'.join('bcd') }}", "bacad"],
	["{{ 3.0|int }}{{ 1e3 }}{{ 1E3 }}{{ 2.50 }}", "31000.01000.02.5"],
	["{{ 7 is sameas 7.0 }}", "False"],
	["{{ [3,1]|sort|first }}{{ 'b a'.split()|sort }}", "1['a', 'b']"],
	["{{ messages | length > 1 }}", "True"],
	["{{ messages[messages|length - 1].role }}", "assistant"],
	["{{ 'a\\nb' }}|{{ \"a\\tb\" }}|{{ 'it\\'s' }}", "a\nb|a\tb|it's"],
	["{{ '\\x41\\u0042' }}", "AB"],
	["{% set x = 'a' %}{% set x = x ~ 'b' %}{{ x }}", "ab"],
	[
		"{% for m in messages %}{%- set x = loop.index %}{{ x }}{% endfor %}{{ x is defined }}",
		"12False",
	],
	["{{ [none]|first is none }}{{ {'a':none}.a }}", "TrueNone"],
	[
		"{% for x, y in [(1,none)] %}{{ y }}{% endfor %}{% for x in [none,1] %}{{ x }}{{ loop.nextitem }}{% endfor %}",
		"NoneNone11",
	],
	[
		"{% macro m(a=none) %}{{ a }}{% endmacro %}{{ m() }}{{ m(none) }}{{ m(a=none) }}",
		"NoneNoneNone",
	],
	["{% macro m(a=5) %}{{ a }}{% endmacro %}{{ m(none) }}", "None"],
	["{{ 'a' is string == true }}", "True"],
	["{{ 4 * 4 is divisibleby(2) }}", "4"],
	["{{ -1|abs }}", "1"],
	["{{ (1,2)|length }}{{ (1)|string }}", "21"],
	["{{ {}|length == 0 }}", "True"],
	["{{ [[]]|length }}{{ [{}] }}", "1[{}]"],
	["a{% if true -%} \n b {%- endif %}\n\n c", "ab\n c"],
	["{%- set sys = '' %}\n\n\n{{ sys }}x", "\n\nx"],
	["{% for x in [1,2] -%}\n{{ x }}\n{%- endfor %}", "12"],
	["{% for x in [1,2] %}\n\n{{ x }}\n\n{% endfor %}\n\n", "\n1\n\n\n2\n\n"],
];

const refused: readonly string[] = [
	"{% for x in none %}{{ x }}{% endfor %}",
	"{{ raise_exception('bad') }}",
	"{% set l = [] %}{% for x in [1] %}{% set _ = l.append(x) %}{% endfor %}{{ l }}",
	"{% set d = {} %}{% set _ = d.update({'a':1}) %}{{ d }}",
	"{% do [] %}",
	"{% include 'x' %}",
	"{% unknown %}",
	"{% if %}",
	"{{ }}",
	"{{ 1",
	"{% for x in [1] %}",
	"{% endif %}",
	"{{ 1 2 }}",
	"{{ (1 }}",
	"{{ 1 ) }}",
	"{# open",
	"{% raw %} open",
	"{{ 'open }}",
	"{{ x.y.z }}",
	"{{ messages[5].role }}",
	"{% set x = {'a': 1, **{}} %}",
	"{{ foo(*[1]) }}",
	"{{ 1 ~ 2 + 3 }}",
	"{% if x.y is defined %}{% endif %}",
	"{{ nothing.x }}",
	"{{ nothing() }}",
	"{{ none.x.y }}",
	'{{ 5 + "a" }}',
	'{{ "a" + 5 }}',
	"{{ -[1,2]|length }}",
	"{{ [x for x in y] }}",
	'{{ "a" > 1 }}',
];

describe("the renderer", () => {
	for (const [source, text] of rendered)
		it(`renders ${JSON.stringify(source)}`, () => {
			assert.equal(renderedText(source), text);
		});

	for (const source of refused)
		it(`refuses ${JSON.stringify(source)}`, () => {
			assert.equal(rendering(source).ok, false);
		});

	it("adds nothing to a text for what is undefined, which Jinja refuses", () => {
		assert.equal(
			renderedText("{{ 'a' + nothing + 'b' }}{{ nothing + 'c' }}"),
			"abc",
		);
		assert.equal(renderedText("{{ [1] + nothing }}"), "[1]");
		assert.equal(rendering("{{ 1 + nothing }}").ok, false);
	});

	it("says in which line a template is wrong", () => {
		const said = rendering("a\n{% if x %}\n{{ 1 2 }}{% endif %}");
		assert.match(said.ok ? "" : said.error, /line 3/);
	});
});

describe("the limits of the renderer", () => {
	const endless: readonly (readonly [source: string, why: RegExp])[] = [
		["{% for i in range(1000000000) %}{% endfor %}", /range\(\) is too long/],
		["{{ 'x' * 1000000000 }}", /too long a text/],
		["{{ [1] * 1000000000 }}", /too long a list/],
		["{{ 'x'.ljust(1000000000) }}", /too long a text/],
		["{{ '%1000000000d' % 1 }}", /too long a text/],
		["{{ '{:>1000000000}'.format(1) }}", /too long a text/],
		["{{ {}|tojson(indent=1000000000) }}", /too long a text/],
		["{{ 'x'|indent(1000000000) }}", /too long a text/],
		["{{ ('x' * 1000000).replace('x', 'y' * 1000000) }}", /too long a text/],
		[
			`{% set ns = namespace(x='x') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}`,
			/too long a text/,
		],
		[
			`{% for i in range(99999) %}{{ 'x' * 9999 }}{% endfor %}`,
			/too long a text/,
		],
		[`{{ ${"(".repeat(100_000)}1${")".repeat(100_000)} }}`, /nested/],
		["{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", /nested/],
	];
	for (const [source, why] of endless)
		it(`ends ${source.slice(0, 70)}`, () => {
			const said = rendering(source);
			assert.match(said.ok ? "" : said.error, why);
		});
});
