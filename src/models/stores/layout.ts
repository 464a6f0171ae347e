/** A layout in which a store keeps its models; recognized by the content of the folder, whichever tool wrote it. */

import type { FileSet } from "./modelFileNames.ts";
import type { Skipped } from "./walkFolder.ts";

export interface StoredModel extends FileSet {
	/** For display: `qwen2.5-coder:7b`, or the file name. */
	readonly name: string;
	/** The name in the store, such as `qwen2.5-coder:7b` or `ORG/NAME`. */
	readonly label: string;
	/** SHA-256 in hex, where the store names its files by it. */
	readonly digest?: string;
}

export interface LayoutFindings {
	readonly models: readonly StoredModel[];
	/** Folders in which models may be added or removed. */
	readonly folders: readonly string[];
	readonly skipped: readonly Skipped[];
}

/** Finds the models in the folder that are in this layout. Never rejects. */
export type Layout = (folder: string) => Promise<LayoutFindings>;
