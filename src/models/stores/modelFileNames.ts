/** What the name of a file says: whether it may be a model, and which part of one. */

import path from "node:path";

/** One model, of one file or of several. */
export interface FileSet {
	/** Absolute paths, the first part first. */
	readonly files: readonly string[];
	/** Names of the parts that are not there. */
	readonly missingFiles: readonly string[];
}

/** No published model has a tenth of it. */
const maxParts = 1000;

/**
 * Projectors are no models. Downloads under way mostly end in something else than `.gguf`; `incomplete-` is what GPT4All and
 * `downloading` what LM Studio puts in front. Names with a dot in front are temporary files, and macOS's `._` companions.
 */
export function mayBeModel(name: string): boolean {
	return (
		/\.gguf$/i.test(name) &&
		!/^(\.|incomplete-|downloading[-_])/i.test(name) &&
		!/(^|[-_.])mmproj([-_.]|$)/i.test(name)
	);
}

/** `some-model-Q4_K_M` from its path, without the number of the part. */
export function titleOf(file: string): string {
	const base = path.basename(file);
	return partOf(base)?.stem ?? base.replace(/\.gguf$/i, "");
}

/** Puts the parts of split files (`NAME-00001-of-00003.gguf`) together. */
export function fileSets(files: readonly string[]): FileSet[] {
	const sets = new Map<string, Map<number, string>>();
	const whole: FileSet[] = [];
	for (const file of files) {
		const part = partOf(path.basename(file));
		if (!part) {
			whole.push({ files: [file], missingFiles: [] });
			continue;
		}
		const first = path.join(path.dirname(file), partName(part, 1));
		const parts = sets.get(first) ?? new Map<number, string>();
		sets.set(first, parts.set(part.number, file));
	}
	return [...whole, ...[...sets.values()].map(setOf)];
}

function setOf(parts: ReadonlyMap<number, string>): FileSet {
	const [some = ""] = parts.values();
	const part = partOf(path.basename(some));
	const files: string[] = [];
	const missingFiles: string[] = [];
	for (let number = 1; part && number <= part.count; number++) {
		const file = parts.get(number);
		if (file === undefined) missingFiles.push(partName(part, number));
		else files.push(file);
	}
	return { files, missingFiles };
}

interface Part {
	readonly stem: string;
	readonly number: number;
	readonly count: number;
	readonly extension: string;
}

function partOf(base: string): Part | undefined {
	const [, stem, number, count, extension] =
		/^(.+)-(\d{5})-of-(\d{5})(\.gguf)$/i.exec(base) ?? [];
	if (stem === undefined || extension === undefined) return undefined;
	const part = {
		stem,
		number: Number(number),
		count: Number(count),
		extension,
	};
	return part.number >= 1 && part.number <= part.count && part.count <= maxParts
		? part
		: undefined;
}

function partName({ stem, count, extension }: Part, number: number): string {
	const digits = (value: number) => String(value).padStart(5, "0");
	return `${stem}-${digits(number)}-of-${digits(count)}${extension}`;
}
