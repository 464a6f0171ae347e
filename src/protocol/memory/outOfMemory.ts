/** Recognizes that memory ran out by what llama.cpp, drivers and the system say. */

const saysSo = [
	// llama.cpp and ggml, also where they name the buffer: "unable to allocate CPU_REPACK buffer".
	/\b(?:failed|unable|cannot|could not|not able) to allocate\b/i,
	/\b(?:failed to|unable to|cannot|can't|could not) (?:alloc|malloc|reserve)\b/i,
	/\balloc(?:ation)?\b.{0,60}\bfailed\b/i,
	// Drivers.
	/\bout[ _]?of[ _]?(?:host|device|pool)?[ _]?memory\b/i,
	/OutOf(?:Host|Device|Pool)?Memory/,
	/\b(?:insufficient|not enough) memory\b/i,
	// The system.
	/\bcannot allocate memory\b/i,
	/\bENOMEM\b/,
	/\bbad[ _]alloc/i,
];

/** A corrupt header asks for room that no machine has. */
const isOfHeader = /\bbad_alloc error while reading\b/;

/** @param text a line of a log, or the reason of a failure. */
export function saysOutOfMemory(text: string): boolean {
	return !isOfHeader.test(text) && saysSo.some((it) => it.test(text));
}
