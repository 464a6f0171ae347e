/** How a store keeps its models in a folder: by what is in the folder, whichever tool made it. */

import type { FileSet } from "./modelFileNames.ts";
import type { Skipped } from "./walkFolder.ts";

export interface Candidate extends FileSet {
	/** For people: `qwen2.5-coder:7b`, or the name of the file. */
	readonly name: string;
	/** How the store calls it, such as `qwen2.5-coder:7b` or `ORG/NAME`. */
	readonly label: string;
	/** SHA-256 in hex, where the store names its files by it. */
	readonly digest?: string;
}

export interface LayoutFindings {
	readonly candidates: readonly Candidate[];
	/** Folders in which a model may appear or vanish. */
	readonly folders: readonly string[];
	readonly skipped: readonly Skipped[];
}

/** Finds what lies in the folder in this layout, and nothing where it has another. Never rejects. */
export type Layout = (folder: string) => Promise<LayoutFindings>;
