/** Assertions. A failed one is a defect, never an error of the user. */

export function assert(condition: unknown, what: string): asserts condition {
	if (!condition) throw new Error(`Invariant broken: ${what}`);
}

/** Makes the compiler check that a switch covers every member of a union. */
export function assertNever(value: never): never {
	throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}
