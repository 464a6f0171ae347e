/** Which names someone means who has typed some of their letters in order. */

/** A letter that follows the one before counts most, then one that begins a word; what is passed over costs little. */
const consecutiveBonus = 4;
const wordStartBonus = 3;
/** For the name of a file rather than its folders. */
const lastPartBonus = 1;
const sameCaseBonus = 0.5;

/** A longer one is the name of nothing that someone types. */
const maxNameLength = 512;
const maxQueryLength = 64;

const impossible = Number.NEGATIVE_INFINITY;

/** The names that hold the letters of the query in its order, the best first; of equally good ones the shorter. */
export function fuzzyRank(
	query: string,
	names: readonly string[],
	most: number,
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
		.slice(0, most)
		.map(({ name }) => name);
}

/** Of the best way to find the letters in the name. */
function scoreOf(letters: string, name: string): number {
	if (letters === "") return 0;
	if (name.length > maxNameLength) return impossible;
	const lowerLetters = letters.toLowerCase();
	const lowerName = name.toLowerCase();
	if (!isSubsequence(lowerLetters, lowerName)) return impossible;
	const lastPart = name.lastIndexOf("/") + 1;

	/** For the letters so far: the best score with the last of them at each place. */
	let endingAt: number[] = [];
	for (let letter = 0; letter < lowerLetters.length; letter++) {
		const next: number[] = [];
		/** Of the letters before, at any earlier place. */
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
