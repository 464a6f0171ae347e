/** Reads the vocabulary of a model file to compare it. Not cached, because it takes megabytes. */

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
