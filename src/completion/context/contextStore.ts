/** Collects regions of other files that may help at the cursor: the candidates for snippets. */

import { LruCache } from "../../base/lruCache.ts";
import {
	linesOf,
	type Region,
	region,
	regionsOf,
} from "../../workspace/regions.ts";
import { countWords, type WordCounts } from "./identifiers.ts";

/**
 * Why a region is a candidate, the strongest reason first: it defines an identifier near the cursor, it was edited, the cursor was there,
 * or it is in an open tab.
 */
const candidateKinds = ["definition", "edited", "visited", "open"] as const;
export type CandidateKind = (typeof candidateKinds)[number];

export interface SnippetCandidate extends Region {
	/** Relative to the workspace, with forward slashes. */
	readonly path: string;
	readonly kind: CandidateKind;
	/** Increases with each event; there is no clock. */
	readonly sequence: number;
	readonly words: WordCounts;
}

interface File {
	readonly path: string;
	/** The latest known text, with line ends `\n`. */
	text: string;
	/** Edited and visited regions and definitions, the latest last. */
	remembered: readonly SnippetCandidate[];
	/** The regions of the whole file while it is open in a tab. */
	open: readonly SnippetCandidate[];
}

const maxFiles = 32;
const maxRemembered = 8;
/** A longer file is data or generated; to split it into lines would hold up the editor. */
export const maxContextFileChars = 512 * 1024;
/** About 24,000 characters. Of a longer file, only the start. */
const maxOpen = 16;

export class ContextStore {
	readonly #files = new LruCache<string, File>(maxFiles);
	readonly #isContextFile: (path: string) => boolean;
	#sequence = 0;

	/** @param isContextFile see `isContextFile` in `contextFiles.ts`. Other files are never stored. */
	constructor(isContextFile: (path: string) => boolean) {
		this.#isContextFile = isContextFile;
	}

	/**
	 * Adds a region, merged with those it overlaps.
	 *
	 * @param text the current text of the whole file.
	 */
	remember(
		path: string,
		text: string,
		kind: Exclude<CandidateKind, "open">,
		added: Region,
	): void {
		const file = this.#update(path, text);
		if (!file) return;
		const lines = file.text.split("\n");
		let merged = added;
		let mergedKind: CandidateKind = kind;
		const apart: SnippetCandidate[] = [];
		for (const known of file.remembered) {
			if (!overlap(known, merged)) {
				apart.push(known);
				continue;
			}
			const union = region(
				lines,
				Math.min(known.startLine, merged.startLine),
				Math.max(known.endLine, merged.endLine),
			);
			// If the union is too large for one region, only the later one is kept.
			if (!union) continue;
			merged = union;
			mergedKind = strongerKind(mergedKind, known.kind);
		}
		file.remembered = [
			...apart.filter((known) => !overlap(known, merged)),
			candidate(file, mergedKind, merged, ++this.#sequence),
		].slice(-maxRemembered);
	}

	/** Adds all regions of a file that is open in a tab. Call it again when the tab is activated again. */
	open(path: string, text: string): void {
		const file = this.#update(path, text);
		if (file) this.#cut(file);
	}

	/** Updates the text of a known file. */
	changed(path: string, text: string): void {
		if (!this.#known(path)) return;
		const file = this.#update(path, text);
		if (file && file.open.length > 0) this.#cut(file);
	}

	/** Removes the regions of a closed tab, except those that were edited or visited. Snippets in prompts stay valid. */
	closed(path: string): void {
		const file = this.#known(path);
		if (file) file.open = [];
	}

	/** Removes a file that was deleted or renamed, or may no longer be used. */
	forget(path: string): void {
		this.#files.delete(path);
	}

	/** All candidates outside of a file, sorted by path and line. */
	candidates(exceptPath: string): SnippetCandidate[] {
		return [...this.#files.newestFirst()]
			.filter(([path]) => path !== exceptPath && this.#isContextFile(path))
			.flatMap(([, { remembered, open }]) => [
				...remembered,
				...open.filter((it) => !remembered.some((known) => overlap(known, it))),
			])
			.sort(byPlace);
	}

	/** The texts of all known files that may be used, the most recently used first. */
	texts(): { readonly path: string; readonly text: string }[] {
		return [...this.#files.newestFirst()]
			.map(([, file]) => file)
			.filter(({ path }) => this.#isContextFile(path));
	}

	/** Whether a known file that may be used still contains this text. */
	holds(path: string, text: string): boolean {
		return (
			this.#isContextFile(path) &&
			(this.#known(path)?.text.includes(text) ?? false)
		);
	}

	/** The entry of a file, with its regions updated to its text. Undefined for a file that may not be used, or is too long. */
	#update(path: string, text: string): File | undefined {
		if (!this.#isContextFile(path) || text.length > maxContextFileChars) {
			this.#files.delete(path);
			return undefined;
		}
		const lines = linesOf(text);
		const file: File = this.#files.get(path) ?? {
			path,
			text: "",
			remembered: [],
			open: [],
		};
		file.text = lines.join("\n");
		file.remembered = file.remembered.flatMap((known) => {
			const now = relocated(known, file.text, lines);
			return now ? [now] : [];
		});
		this.#files.set(path, file);
		return file;
	}

	#cut(file: File): void {
		const sequence = ++this.#sequence;
		file.open = regionsOf(file.text)
			.slice(0, maxOpen)
			.map((it) => candidate(file, "open", it, sequence));
	}

	/** Does not count as a use for the LRU order. */
	#known(path: string): File | undefined {
		for (const [known, file] of this.#files.newestFirst())
			if (known === path) return file;
		return undefined;
	}
}

/** Counting words is expensive, so the counts of a known text are reused. */
function candidate(
	{ path, remembered, open }: File,
	kind: CandidateKind,
	it: Region,
	sequence: number,
): SnippetCandidate {
	const known = [...remembered, ...open].find(({ text }) => text === it.text);
	const words = known?.words ?? countWords(it.text);
	return { ...it, path, kind, sequence, words };
}

/** The region in the current text: unchanged, moved, or what is now on the same lines. */
function relocated(
	known: SnippetCandidate,
	text: string,
	lines: readonly string[],
): SnippetCandidate | undefined {
	const height = known.endLine - known.startLine;
	const isAt = (line: number) =>
		lines.slice(line, line + height).join("\n") === known.text;
	if (isAt(known.startLine)) return known;
	const index = `\n${text}\n`.indexOf(`\n${known.text}\n`);
	if (index >= 0) {
		const startLine = linesOf(text.slice(0, index)).length - 1;
		return { ...known, startLine, endLine: startLine + height };
	}
	const now = region(lines, known.startLine, known.endLine);
	return now && { ...known, ...now, words: countWords(now.text) };
}

function strongerKind(a: CandidateKind, b: CandidateKind): CandidateKind {
	return candidateKinds.indexOf(a) <= candidateKinds.indexOf(b) ? a : b;
}

function overlap(a: Region, b: Region): boolean {
	return a.startLine < b.endLine && b.startLine < a.endLine;
}

function byPlace(a: SnippetCandidate, b: SnippetCandidate): number {
	if (a.path !== b.path) return a.path < b.path ? -1 : 1;
	return a.startLine - b.startLine || a.sequence - b.sequence;
}
