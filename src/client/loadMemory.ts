/** Notices that a process ended because memory ran out, and remembers for a while which ways to load ended so. */

import { type Phrase, phrase } from "../base/sentence.ts";
import { messageOf } from "../protocol/errors.ts";
import { saysOutOfMemory } from "../protocol/memory/outOfMemory.ts";

/** By then, other programs may have freed memory. */
const avoidedForMs = 10 * 60_000;

export interface ProcessEnd {
	/** Of its exit, as `EngineProcess` gives it. */
	readonly why: string;
	/** The last errors that it logged in the work that it did not finish. */
	readonly loggedErrors: readonly string[];
	/** We killed it ourselves. */
	readonly isKilledByUs: boolean;
}

/** Where llama.cpp says so. Undefined if something else ended the process. */
export function saidMemoryCause({
	why,
	loggedErrors,
	isKilledByUs,
}: ProcessEnd): string | undefined {
	if (isKilledByUs) return undefined;
	const said = [why, ...loggedErrors.toReversed()].find(saysOutOfMemory);
	return said === undefined ? undefined : messageOf(said);
}

/** The same for the end in a load, when a signal can mean nothing else. */
export function loadMemoryCause(end: ProcessEnd): string | Phrase | undefined {
	const { why, isKilledByUs } = end;
	const said = saidMemoryCause(end);
	if (said !== undefined || isKilledByUs) return said;
	// The kernel picks the process that holds most, and nothing else sends this signal to an engine.
	return /^signal SIGKILL\b/.test(why)
		? phrase("it was killed, probably for lack of memory", {})
		: undefined;
}

export class AvoidedSteps {
	readonly #now: () => number;
	/** With the time until which each is avoided. */
	readonly #untilMs = new Map<string, number>();

	constructor(now: () => number) {
		this.#now = now;
	}

	add(step: string): void {
		this.#untilMs.set(step, this.#now() + avoidedForMs);
	}

	clear(): void {
		this.#untilMs.clear();
	}

	/** For the options of a load. */
	get option(): { readonly avoid?: readonly string[] } {
		const nowMs = this.#now();
		const avoid = [...this.#untilMs]
			.filter(([, untilMs]) => untilMs > nowMs)
			.map(([step]) => step);
		return avoid.length > 0 ? { avoid } : {};
	}
}
