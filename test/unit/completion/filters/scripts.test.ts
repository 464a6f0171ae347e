/** What the filters find in English they find in every script. */

import assert from "node:assert/strict";
import { completedCase } from "../../../support/golden/completedCase.ts";

async function shown(
	document: string,
	answer: string,
	languageId = "python",
): Promise<string> {
	const results = new Set<string>();
	for (const size of [1, 2, 7, 1000]) {
		const result = await completedCase(
			{
				title: "",
				languageId,
				path: "src/a.py",
				insertSpaces: true,
				tabSize: 4,
				document,
				answer,
				expected: { text: "" },
				fired: [],
			},
			size,
		);
		results.add(
			result.kind === "suggestion"
				? result.text
				: result.reason.kind === "filtered"
					? `none: ${result.reason.filter}`
					: `none: ${result.reason.kind}`,
		);
	}
	assert.equal(results.size, 1, `by chunks: ${[...results].join(" | ")}`);
	return [...results].join();
}

const tests: Readonly<
	Record<
		string,
		readonly (readonly [
			what: string,
			document: string,
			answer: string,
			shown: string,
		])[]
	>
> = {
	"a loop": [
		[
			"English",
			"# █",
			"it is so it is so it is so it is so it is so",
			"none: loop",
		],
		["Russian", "# █", "это так это так это так это так это так", "none: loop"],
		[
			"Greek",
			"# █",
			"είναι έτσι είναι έτσι είναι έτσι είναι έτσι είναι έτσι",
			"none: loop",
		],
		["Arabic", "# █", "هذا هو هذا هو هذا هو هذا هو هذا هو", "none: loop"],
		["Hebrew", "# █", "זה כך זה כך זה כך זה כך זה כך", "none: loop"],
		[
			"Hindi",
			"# █",
			"यह ऐसा है यह ऐसा है यह ऐसा है यह ऐसा है यह ऐसा है",
			"none: loop",
		],
		["Thai", "# █", "ดีมากดีมากดีมากดีมากดีมาก", "none: loop"],
		[
			"Chinese",
			"# █",
			"计算结果，计算结果，计算结果，计算结果，计算结果，",
			"none: loop",
		],
		["Chinese, of two characters", "# █", "好的好的好的好的好的", "none: loop"],
		["Japanese", "# █", "これをこれをこれをこれを", "none: loop"],
		["Korean", "# █", "합계를 합계를 합계를 합계를 합계를", "none: loop"],
		["emoji", "# █", "🎉🎉🎉🎉🎉🎉🎉🎉", "none: loop"],
		[
			"a rule of full-width dashes, which is none",
			"# █",
			"————————————————",
			"————————————————",
		],
		["a short laugh, which is none", "# █", "哈哈哈哈", "哈哈哈哈"],
	],
	"the line below": [
		[
			"English",
			"# █\n# then we add up all values",
			"then we add up all values",
			"none: repeatsBelow",
		],
		[
			"Russian",
			"# █\n# затем складываем все значения",
			"затем складываем все значения",
			"none: repeatsBelow",
		],
		[
			"Chinese",
			"# █\n# 然后把所有值相加",
			"然后把所有值相加",
			"none: repeatsBelow",
		],
		[
			"Chinese, with another full stop",
			"# █\n# 然后把所有值相加。",
			"然后把所有值相加",
			"none: repeatsBelow",
		],
		[
			"Arabic",
			"# █\n# ثم نجمع كل القيم",
			"ثم نجمع كل القيم",
			"none: repeatsBelow",
		],
		[
			"another line",
			"# █\n# затем складываем все значения",
			"сначала читаем файл",
			"сначала читаем файл",
		],
	],
	"the lines above": [
		["Russian", "# читаем файл\n█", "# читаем файл", "none: repeatsAbove"],
		["Chinese", "# 读取\n█", "# 读取", "none: repeatsAbove"],
		["Japanese", "# 閉じる\n█", "# 閉じる", "none: repeatsAbove"],
		["no more than punctuation", "# ——\n█", "# ——", "# ——"],
	],
	"the line itself": [
		[
			"Russian",
			"# вычисляем сумму█",
			"# вычисляем сумму всех чисел",
			" всех чисел",
		],
		["Chinese", "# 计算所有值█", "# 计算所有值的总和", "的总和"],
		["Korean", "# 합계를 계산█", "# 합계를 계산합니다", "합니다"],
	],
	"the rest of the line": [
		[
			"Russian",
			'print("█: готово, выходим")',
			"сумма: готово, выходим",
			"сумма",
		],
		["Chinese", 'print("█，计算完成")', "总和，计算完成", "总和"],
		["Russian, inside a word", 'x = "█сум ма"', "рисум ма", "ри"],
	],
	"the same line again and again": [
		[
			"Russian",
			"def f():█",
			'\n    """\n    Это строка.\n    Это строка.\n    Это строка.\n    """',
			'\n    """\n    Это строка.',
		],
		[
			"Chinese",
			"def f():█",
			'\n    """\n    这是一行。\n    这是一行。\n    这是一行。\n    """',
			'\n    """\n    这是一行。',
		],
		[
			"Chinese that counts",
			"steps = [█]",
			'\n    "第一步",\n    "第二步",\n    "第三步",\n    "第四步",\n    "第五步",\n    "第六步",\n',
			'\n    "第一步",\n    "第二步",\n    "第三步",\n    "第四步",\n',
		],
	],
	"a sentence before a fence": [
		[
			"Russian",
			"█",
			"Вот исправленный код функции:\n```python\nx = 1\n```",
			"x = 1",
		],
		["Chinese", "█", "以下是代码：\n```python\nx = 1\n```", "x = 1"],
	],
};

describe("in every script", () => {
	for (const [filter, cases] of Object.entries(tests))
		for (const [what, document, answer, expected] of cases)
			it(`${filter}: ${what}`, async () =>
				assert.equal(await shown(document, answer), expected));
});

describe("characters that cannot be seen", () => {
	for (const [what, answer, expected, document = "x = █"] of [
		["NUL", "a\0b", "a"],
		["escape codes", "red\u001b[31m", "red"],
		["a backspace", "good\b\b\b\bevil", "good"],
		["DEL", "a\u007fb", "a"],
		["C1", "a\u0085b", "a"],
		["an override of direction", "isAdmin\u202e } //", "isAdmin"],
		["an isolate", "a\u2066b\u2069", "a"],
		["a zero-width space in a name", "use\u200br", "use"],
		["a word joiner", "a\u2060b", "a"],
		[
			"a zero-width space that the text has too",
			"a\u200bb",
			"a",
			"use\u200br = 1\nx = █",
		],
		["a soft hyphen", "a\u00adb", "a"],
		["a joiner in a name", "use\u200dr", "use"],
		["a byte order mark", "\ufeffa", "none: hiddenText"],
		["a filler that is a letter", "\u3164a", "none: hiddenText"],
		["tags", "ok\u{e0041}\u{e0042}", "ok"],
		["a line separator", "a\u2028b", "a"],
		["a lone carriage return", "a\rb", "a"],
	] as readonly (readonly [string, string, string, string?])[])
		it(`are never shown: ${what}`, async () =>
			assert.equal(await shown(document, answer), expected));

	for (const [what, document, text] of [
		["a tab", "x = █", "a\tb"],
		["joiners in emoji", "# █", "👩‍💻 and 👨‍👩‍👧"],
		["a joiner in Persian", "# █", "می‌خواهم"],
		["a mark that the text has itself", "# ab\u200fc\n# █", "de\u200ff"],
		["a break between words of Thai", "# █", "ภาษา\u200bไทย"],
		["an accent of its own", "# █", "cafe\u0301"],
	] as const)
		it(`are not: ${what}`, async () =>
			assert.equal(await shown(document, text), text));

	it("are not: line ends of Windows", async () =>
		assert.equal(
			await shown("def f():█", "\r\n    a()\r\n    b()\r\n"),
			"\n    a()\n    b()",
		));
});
