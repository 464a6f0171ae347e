/** Names of model files: which are valid, which files may be models, and which are parts of a split one. */

import path from "node:path";

/** A portable file name: no path, no hidden file. */
export function isModelFileName(name: string): boolean {
	return /^[\w(][\w .,+()@-]*\.gguf$/i.test(name);
}

/** One part of a split model; llama.cpp finds the other parts by their names. */
export function isSplit(name: string): boolean {
	return /-\d{5}-of-\d{5}\.gguf$/i.test(name);
}

/** `model.gguf`, `model-2.gguf`, `model-3.gguf` and so on. */
export function* namesLike(name: string): Generator<string> {
	yield name;
	const stem = name.replace(/\.gguf$/i, "");
	for (let count = 2; ; count++) yield `${stem}-${count}.gguf`;
}

/** One model in one or several files. */
export interface FileSet {
	/** Absolute paths, the first part first. */
	readonly files: readonly string[];
	/** Names of missing parts. */
	readonly missingFiles: readonly string[];
}

/** Ten times more than any published model has. */
const maxParts = 1000;

/**
 * Excludes projectors, running downloads (GPT4All prefixes them with `incomplete-`, LM Studio with `downloading`; others change the
 * extension), and names with a leading dot: temporary files and macOS's `._` files.
 */
export function mayBeModel(name: string): boolean {
	return (
		/\.gguf$/i.test(name) &&
		!/^(\.|incomplete-|downloading[-_])/i.test(name) &&
		!/(^|[-_.])mmproj([-_.]|$)/i.test(name)
	);
}

/** `some-model-Q4_K_M` from its path, without the part number. */
export function modelTitle(file: string): string {
	const base = path.basename(file);
	return partOf(base)?.stem ?? base.replace(/\.gguf$/i, "");
}

/** Groups the parts of split models (`NAME-00001-of-00003.gguf`). */
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
