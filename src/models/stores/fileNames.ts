/** Names of model files in a folder. */

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
