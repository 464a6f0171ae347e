/** The completion benchmark: small files with the rest of one line left out, the same for every model. */

import type { DocumentSnapshot } from "../text/documentContext.ts";

export interface BenchmarkCase {
	readonly snapshot: DocumentSnapshot;
	/** The rest of the line at the cursor. */
	readonly expected: string;
}

/** The text between ⟦ and ⟧ is left out. The rest of the file determines it. */
const sources: readonly (readonly [
	languageId: string,
	path: string,
	text: string,
])[] = [
	[
		"typescript",
		"src/point.ts",
		"export interface Point {\n\treadonly x: number;\n\treadonly y: number;\n}\n\nexport function add(a: Point, b: Point): Point {\n\treturn { x: a.x + b.x, y: ⟦a.y + b.y };⟧\n}\n",
	],
	[
		"typescript",
		"src/sum.ts",
		"export function sum(values: readonly number[]): number {\n\tlet total = 0;\n\tfor (const value of values) {\n\t\ttotal += ⟦value;⟧\n\t}\n\treturn total;\n}\n",
	],
	[
		"typescript",
		"src/range.ts",
		"export function range(start: number, end: number): number[] {\n\tconst result: number[] = [];\n\tfor (let i = start; i < ⟦end; i++) {⟧\n\t\tresult.push(i);\n\t}\n\treturn result;\n}\n",
	],
	[
		"typescript",
		"src/account.ts",
		"export class Account {\n\t#balance = 0;\n\n\tget balance(): number {\n\t\treturn ⟦this.#balance;⟧\n\t}\n\n\tdeposit(amount: number): void {\n\t\tthis.#balance += amount;\n\t}\n}\n",
	],
	[
		"python",
		"shapes.py",
		"class Rectangle:\n    def __init__(self, width, height):\n        self.width = width\n        self.height = ⟦height⟧\n\n    def area(self):\n        return self.width * self.height\n",
	],
	[
		"python",
		"area.py",
		"class Square:\n    def __init__(self, side):\n        self.side = side\n\n    def area(self):\n        return self.side * ⟦self.side⟧\n",
	],
	[
		"python",
		"count.py",
		"def count_words(words):\n    counts = {}\n    for word in ⟦words:⟧\n        counts[word] = counts.get(word, 0) + 1\n    return counts\n",
	],
	[
		"python",
		"main.py",
		'def main():\n    print("ready")\n\n\nif __name__ == ⟦"__main__":⟧\n    main()\n',
	],
	[
		"javascript",
		"largest.js",
		"function largest(values) {\n\tlet best = values[0];\n\tfor (const value of values) {\n\t\tif (value > best) best = ⟦value;⟧\n\t}\n\treturn best;\n}\n",
	],
	[
		"javascript",
		"queue.js",
		"class Queue {\n\tconstructor() {\n\t\tthis.items = [];\n\t}\n\n\tpush(item) {\n\t\tthis.items.push(⟦item);⟧\n\t}\n\n\tget length() {\n\t\treturn this.items.length;\n\t}\n}\n",
	],
	[
		"javascript",
		"names.js",
		"const users = [{ name: 'Ada' }, { name: 'Grace' }];\nconst names = users.map((user) => ⟦user.name);⟧\n\nmodule.exports = { users, names };\n",
	],
	[
		"javascript",
		"exports.js",
		"function encode(text) {\n\treturn Buffer.from(text).toString('base64');\n}\n\nfunction decode(text) {\n\treturn Buffer.from(text, 'base64').toString();\n}\n\nmodule.exports = { encode, ⟦decode };⟧\n",
	],
];

export const benchmarkCases: readonly BenchmarkCase[] = sources.map(
	([languageId, path, text]) => {
		const [before = "", expected = "", after = ""] = text.split(/[⟦⟧]/);
		return {
			snapshot: {
				uri: `headroom-benchmark:/${path}`,
				path,
				languageId,
				indentation: { insertSpaces: languageId === "python", tabSize: 4 },
				version: 1,
				text: before + after,
				offset: before.length,
			},
			expected,
		};
	},
);
