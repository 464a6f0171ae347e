/** Runs suites of tests side by side, and prints each one's output as a whole, in the order given. */

export interface Counts {
	readonly passed: number;
	readonly failed: number;
	readonly skipped: number;
	/** Of each failure the title, and what was thrown. */
	readonly failures?: readonly string[];
}

export type Print = (text: string) => void;

export interface Suite {
	/** Printed above the output of the first suite of each group. */
	readonly group: string;
	readonly title: string;
	/** Suites of one kind with a limit run at most so many at once. */
	readonly kind?: string;
	/** Starts only after these have ended. Where one of them failed, this one is not run and counts as failed. */
	readonly needs?: readonly Suite[];
	/** Where it throws, one failure is counted. */
	run(print: Print): Promise<Counts>;
}

export interface SideBySideOptions {
	/** How many suites run at once. */
	readonly jobs: number;
	readonly jobsOfKind?: Readonly<Record<string, number>>;
	readonly print: Print;
	readonly nowMs?: () => number;
}

export interface SuiteResult {
	readonly suite: Suite;
	readonly counts: Counts;
	readonly tookMs: number;
}

/** Suites start in the order given, as far as the limits and their needs allow. */
export async function runSideBySide(
	suites: readonly Suite[],
	{
		jobs,
		jobsOfKind = {},
		print,
		nowMs = () => performance.now(),
	}: SideBySideOptions,
): Promise<SuiteResult[]> {
	const output = new OrderedOutput(suites, print);
	const results = new Map<Suite, SuiteResult>();
	const running = new Map<Suite, Promise<void>>();
	const waiting = [...suites];

	const mayStart = ({ kind, needs = [] }: Suite): boolean => {
		if (!needs.every((it) => results.has(it))) return false;
		if (kind === undefined) return true;
		const limit = jobsOfKind[kind] ?? jobs;
		return [...running.keys()].filter((it) => it.kind === kind).length < limit;
	};

	async function run(suite: Suite): Promise<void> {
		const startMs = nowMs();
		const write = (text: string): void => output.write(suite, text);
		const failed = suite.needs?.find((it) => results.get(it)?.counts.failed);
		const counts = failed
			? notRun(`it needs "${failed.title}"`, write)
			: await suite
					.run(write)
					.catch((thrown: unknown) => notRun(messageOf(thrown), write));
		results.set(suite, { suite, counts, tookMs: nowMs() - startMs });
		output.end(suite);
	}

	while (waiting.length + running.size > 0) {
		for (const suite of [...waiting]) {
			if (running.size >= jobs) break;
			if (!mayStart(suite)) continue;
			waiting.splice(waiting.indexOf(suite), 1);
			running.set(
				suite,
				run(suite).finally(() => running.delete(suite)),
			);
		}
		if (running.size === 0)
			throw new Error("suites need one another, or one that is not given");
		await Promise.race(running.values());
	}
	return suites.flatMap((it) => results.get(it) ?? []);
}

function notRun(why: string, print: Print): Counts {
	print(`FAILED: ${why}\n`);
	return { passed: 0, failed: 1, skipped: 0, failures: [why] };
}

function messageOf(thrown: unknown): string {
	return thrown instanceof Error
		? (thrown.stack ?? thrown.message)
		: `${thrown}`;
}

/** What the first suite that has not ended writes is printed at once; what the others write, when it is their turn. */
class OrderedOutput {
	readonly #suites: readonly Suite[];
	readonly #print: Print;
	readonly #held = new Map<Suite, string>();
	readonly #ended = new Set<Suite>();
	#front = 0;

	constructor(suites: readonly Suite[], print: Print) {
		this.#suites = suites;
		this.#print = print;
		this.#head();
	}

	write(suite: Suite, text: string): void {
		if (suite === this.#suites[this.#front]) this.#print(text);
		else this.#held.set(suite, (this.#held.get(suite) ?? "") + text);
	}

	end(suite: Suite): void {
		this.#ended.add(suite);
		for (;;) {
			const front = this.#suites[this.#front];
			if (!front || !this.#ended.has(front)) return;
			this.#front++;
			this.#head();
			const next = this.#suites[this.#front];
			if (next) this.#print(this.#held.get(next) ?? "");
		}
	}

	#head(): void {
		const suite = this.#suites[this.#front];
		if (!suite) return;
		if (suite.group !== this.#suites[this.#front - 1]?.group)
			this.#print(`\n== ${suite.group} ==\n`);
		this.#print(`\n-- ${suite.title} --\n`);
	}
}
