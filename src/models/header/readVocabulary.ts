/** The vocabulary of a model file, read for a comparison: in memory it is as large as in the file, so it is not kept. */

import { type Vocabulary, vocabularyOf } from "../../gguf/vocabularyMatch.ts";
import { readHeader } from "./readHeader.ts";

/** @param file the first part of a split model. Undefined where it cannot be read or names no tokens; never rejects. */
export type ReadVocabulary = (file: string) => Promise<Vocabulary | undefined>;

export const readVocabulary: ReadVocabulary = async (file) => {
	const read = await readHeader(file);
	return read.ok
		? vocabularyOf(read.value.header, read.value.front)
		: undefined;
};
