/** Fuzzy matching of names by a subsequence of their letters. */

/** A match directly after the previous one scores most, then one at the start of a word. Gaps cost nothing. */
const consecutiveBonus = 4;
const wordStartBonus = 3;
/** For a match in the name of the file rather than in its folders. */
const lastPartBonus = 1;
const sameCaseBonus = 0.5;

/** Longer names are not matched. */
const maxNameLength = 512;
const maxQueryLength = 64;

const impossible = Number.NEGATIVE_INFINITY;

/** The names that contain the letters of the query in order, the best first. Ties go to the shorter name. */
export function fuzzyRank(
	query: string,
	names: readonly string[],
	maxResults: number,
): string[] {
	const letters = query.replace(/\s+/g, "").slice(0, maxQueryLength);
	return names
		.map((name) => ({ name, score: scoreOf(letters, name) }))
		.filter(({ score }) => score > impossible)
		.sort(
			(first, second) =>
				second.score - first.score ||
				first.name.length - second.name.length ||
				(first.name < second.name ? -1 : 1),
		)
		.slice(0, maxResults)
		.map(({ name }) => name);
}

/** The score of the best alignment, by dynamic programming. */
function scoreOf(letters: string, name: string): number {
	if (letters === "") return 0;
	if (name.length > maxNameLength) return impossible;
	const lowerLetters = letters.toLowerCase();
	const lowerName = name.toLowerCase();
	if (!isSubsequence(lowerLetters, lowerName)) return impossible;
	const lastPart = name.lastIndexOf("/") + 1;

	/** The best score of the letters so far, by the position of the last of them. */
	let endingAt: number[] = [];
	for (let letter = 0; letter < lowerLetters.length; letter++) {
		const next: number[] = [];
		/** The best score of the previous letters at any earlier position. */
		let best = letter === 0 ? 0 : impossible;
		for (let place = 0; place < lowerName.length; place++) {
			const justBefore = endingAt[place - 1] ?? impossible;
			if (lowerName[place] === lowerLetters[letter])
				next[place] =
					Math.max(best, justBefore + consecutiveBonus) +
					(isWordStart(name, place) ? wordStartBonus : 0) +
					(place >= lastPart ? lastPartBonus : 0) +
					(name[place] === letters[letter] ? sameCaseBonus : 0);
			else next[place] = impossible;
			if (letter > 0) best = Math.max(best, justBefore);
		}
		endingAt = next;
	}
	return Math.max(...endingAt);
}

function isSubsequence(letters: string, name: string): boolean {
	let found = 0;
	for (let place = 0; place < name.length; place++)
		if (name[place] === letters[found]) found++;
	return found >= letters.length;
}

function isWordStart(name: string, place: number): boolean {
	if (place === 0) return true;
	const pair = name.slice(place - 1, place + 1);
	return /[^\p{L}\p{N}]./u.test(pair) || /\p{Ll}\p{Lu}/u.test(pair);
}
