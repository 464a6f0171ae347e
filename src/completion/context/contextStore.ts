/** Remembers the places of other files that may help at the cursor. */

import { LruCache } from "../../base/lruCache.ts";
import {
	linesOf,
	type Region,
	region,
	regionsOf,
} from "../../workspace/regions.ts";
import { countWords, type WordCounts } from "./identifiers.ts";

/**
 * Why a place is known, the strongest reason first: an identifier near the cursor is defined there, it was edited, the cursor was
 * there, or it stands in an open tab.
 */
const candidateKinds = ["definition", "edited", "visited", "open"] as const;
export type CandidateKind = (typeof candidateKinds)[number];

export interface SnippetCandidate extends Region {
	/** Relative to the workspace, with forward slashes. */
	readonly path: string;
	readonly kind: CandidateKind;
	/** Of a later event it is higher: there is no clock. */
	readonly sequence: number;
	readonly words: WordCounts;
}

interface File {
	readonly path: string;
	/** As last seen, with plain line feeds. */
	text: string;
	/** Edited, visited and definitions, the latest last. */
	remembered: readonly SnippetCandidate[];
	/** All of it, while it is open in a tab. */
	open: readonly SnippetCandidate[];
}

const maxFiles = 32;
const maxRemembered = 8;
/** Some 24,000 characters: of a longer file the start. */
const maxOpen = 16;

export class ContextStore {
	readonly #files = new LruCache<string, File>(maxFiles);
	readonly #isContextFile: (path: string) => boolean;
	#sequence = 0;

	/** @param isContextFile see `isContextFile` in `contextFiles.ts`. What it refuses is never held. */
	constructor(isContextFile: (path: string) => boolean) {
		this.#isContextFile = isContextFile;
	}

	/**
	 * Keeps a region that was edited, visited or found to define something.
	 *
	 * @param text the whole file as it is now.
	 */
	remember(
		path: string,
		text: string,
		kind: Exclude<CandidateKind, "open">,
		found: Region,
	): void {
		const file = this.#seen(path, text);
		if (!file) return;
		const lines = file.text.split("\n");
		let merged = found;
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
			// Where both together are too much for one region, the later one stays alone.
			if (!union) continue;
			merged = union;
			mergedKind = strongerKind(mergedKind, known.kind);
		}
		file.remembered = [
			...apart.filter((known) => !overlap(known, merged)),
			candidate(file, mergedKind, merged, ++this.#sequence),
		].slice(-maxRemembered);
	}

	/** A file is open in a tab: all of it may be shown. Call it again when the tab is looked at anew. */
	open(path: string, text: string): void {
		const file = this.#seen(path, text);
		if (file) this.#cut(file);
	}

	/** The text of a file changed. A file that is not known stays so. */
	changed(path: string, text: string): void {
		if (!this.#known(path)) return;
		const file = this.#seen(path, text);
		if (file && file.open.length > 0) this.#cut(file);
	}

	/** The tab was closed. What was edited or visited there stays, and what prompts already hold of the file is still true. */
	closed(path: string): void {
		const file = this.#known(path);
		if (file) file.open = [];
	}

	/** The file was deleted or renamed, or may no longer be shown. */
	forget(path: string): void {
		this.#files.delete(path);
	}

	/** Every place known outside a file, sorted by path and line. */
	candidates(exceptPath: string): SnippetCandidate[] {
		return [...this.#files.newestFirst()]
			.filter(([path]) => path !== exceptPath && this.#isContextFile(path))
			.flatMap(([, { remembered, open }]) => [
				...remembered,
				...open.filter((it) => !remembered.some((known) => overlap(known, it))),
			])
			.sort(byPlace);
	}

	/** The whole text of every file that is known and may be shown, the last seen first. */
	texts(): { readonly path: string; readonly text: string }[] {
		return [...this.#files.newestFirst()]
			.map(([, file]) => file)
			.filter(({ path }) => this.#isContextFile(path));
	}

	/** Whether this text still stands in that file, as far as the file is known and may be shown. */
	holds(path: string, text: string): boolean {
		return (
			this.#isContextFile(path) &&
			(this.#known(path)?.text.includes(text) ?? false)
		);
	}

	/** The entry of a file with its regions brought up to its text. Undefined for one that may not be shown. */
	#seen(path: string, text: string): File | undefined {
		if (!this.#isContextFile(path)) {
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
			const now = foundAgain(known, file.text, lines);
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

	/** Without counting as use. */
	#known(path: string): File | undefined {
		for (const [known, file] of this.#files.newestFirst())
			if (known === path) return file;
		return undefined;
	}
}

/** Counting words is what takes time, so it is not done again for a text that is known. */
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

/** The region in the text as it is now: where it was, or elsewhere, or what now stands where it was. */
function foundAgain(
	known: SnippetCandidate,
	text: string,
	lines: readonly string[],
): SnippetCandidate | undefined {
	const height = known.endLine - known.startLine;
	const standsAt = (line: number) =>
		lines.slice(line, line + height).join("\n") === known.text;
	if (standsAt(known.startLine)) return known;
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
