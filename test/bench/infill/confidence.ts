/** What the rules of confidence would show of suggestions whose right text is known: how much, and how much of it is right. */

import {
	jointProbability,
	surePart,
} from "../../../src/completion/confidence/gate.ts";
import type { Piece } from "../../../src/completion/confidence/pieces.ts";

/** The rest of a line, as it was suggested and as it is known to be. */
export interface KnownAnswer {
	/** Where the place comes from, such as the name of a language. */
	readonly work: string;
	/** Empty where nothing was suggested. */
	readonly pieces: readonly Piece[];
	readonly right: string;
}

/** Characters are per place. White space at the end does not count. */
export interface ConfidenceRow {
	readonly work: string;
	readonly rule: string;
	readonly places: number;
	readonly shown: number;
	/** Of what is shown, the share that is the line or a beginning of it. */
	readonly precision: number;
	readonly rightChars: number;
	/** From the first wrong character on. */
	readonly wrongChars: number;
}

/** How often a text is right whose joint probability is in a range, over all beginnings of the lines that end with a word. */
export interface CalibrationRow {
	readonly work: string;
	readonly from: number;
	readonly to: number;
	readonly beginnings: number;
	readonly right: number;
}

type Rule = (pieces: readonly Piece[]) => string;

const thresholds = [0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

const rules: readonly (readonly [string, Rule])[] = [
	...thresholds.map(
		(threshold) =>
			[
				`joint >= ${threshold.toFixed(2)}`,
				(pieces: readonly Piece[]) => surePart(pieces, 0, threshold, "python"),
			] as const,
	),
	[
		"first token >= 0.70, else nothing",
		wholeIf((pieces) => (pieces[0]?.probability ?? 0) >= 0.7),
	],
	[
		"whole line's joint >= 0.25, else nothing",
		wholeIf((pieces) => jointOf(pieces) >= 0.25),
	],
	[
		"whole line's mean >= 0.70, else nothing",
		wholeIf((pieces) => jointOf(pieces) ** (1 / pieces.length) >= 0.7),
	],
];

function wholeIf(isShown: (pieces: readonly Piece[]) => boolean): Rule {
	return (pieces) =>
		pieces.length > 0 && isShown(pieces) ? textOf(pieces) : "";
}

export function confidenceRows(
	answers: readonly KnownAnswer[],
): readonly ConfidenceRow[] {
	return byWork(answers).flatMap(([work, them]) =>
		rules.map(([rule, shownBy]) => {
			let shown = 0;
			let right = 0;
			let rightChars = 0;
			let wrongChars = 0;
			for (const it of them) {
				const text = shownBy(firstLine(it.pieces)).trimEnd();
				if (text === "") continue;
				shown++;
				const common = commonChars(text, it.right);
				if (common === text.length) right++;
				rightChars += common;
				wrongChars += text.length - common;
			}
			return {
				work,
				rule,
				places: them.length,
				shown: share(shown, them.length),
				precision: share(right, shown),
				rightChars: share(rightChars, them.length),
				wrongChars: share(wrongChars, them.length),
			};
		}),
	);
}

const ranges = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

export function calibrationRows(
	answers: readonly KnownAnswer[],
): readonly CalibrationRow[] {
	return byWork(answers).flatMap(([work, them]) => {
		const tally = ranges.map((from) => ({ from, beginnings: 0, right: 0 }));
		for (const it of them) {
			const pieces = firstLine(it.pieces);
			const text = textOf(pieces);
			for (let end = 3; end <= text.length; end++) {
				if (!isEndOfWord(text, end)) continue;
				const joint = jointProbability(pieces, 0, end);
				const row = tally.findLast(({ from }) => joint >= from);
				if (!row) continue;
				row.beginnings++;
				if (it.right.startsWith(text.slice(0, end).trimEnd())) row.right++;
			}
		}
		return tally.map(({ from, beginnings, right }, index) => ({
			work,
			from,
			to: ranges[index + 1] ?? 1,
			beginnings,
			right: share(right, beginnings),
		}));
	});
}

function isEndOfWord(text: string, end: number): boolean {
	return (
		end === text.length ||
		(/[\w)\]}]/.test(text[end - 1] ?? "") && !/\w/.test(text[end] ?? ""))
	);
}

/** All together last, where there are several. */
function byWork(
	answers: readonly KnownAnswer[],
): readonly (readonly [string, readonly KnownAnswer[]])[] {
	const works = [...new Set(answers.map(({ work }) => work))];
	const each = works.map(
		(work) => [work, answers.filter((it) => it.work === work)] as const,
	);
	return works.length > 1 ? [...each, ["all", answers]] : each;
}

function firstLine(pieces: readonly Piece[]): readonly Piece[] {
	const line: Piece[] = [];
	for (const { text, probability } of pieces) {
		const end = text.indexOf("\n");
		if (end < 0) line.push({ text, probability });
		else {
			if (end > 0) line.push({ text: text.slice(0, end), probability });
			break;
		}
	}
	return line;
}

function commonChars(one: string, other: string): number {
	let length = 0;
	while (length < one.length && one[length] === other[length]) length++;
	return length;
}

function textOf(pieces: readonly Piece[]): string {
	return pieces.map(({ text }) => text).join("");
}

function jointOf(pieces: readonly Piece[]): number {
	return pieces.reduce((joint, { probability }) => joint * probability, 1);
}

function share(part: number, whole: number): number {
	return whole === 0 ? 0 : Math.round((part / whole) * 1000) / 1000;
}
