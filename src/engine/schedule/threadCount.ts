/**
 * How many threads evaluate a model on the CPU: all cores, or all but one, by what is measured. llama.cpp's threads spin while they wait for one
 * another. On an idle machine one thread for each core is fastest; beside another busy process the same count can be ten times slower, because
 * the others wait for the one thread that has no core. Pure: the caller measures.
 */

/** Kinds of evaluation whose times can be compared: single tokens, and chunks of a prompt. */
export type StepKind = "decode" | "prefill";

export interface Step {
	/** Undefined for steps whose cost has no fixed relation to their size, such as the verification of a draft. */
	readonly kind: StepKind | undefined;
	readonly tokens: number;
}

/** What the runtime asks before each evaluation, and tells after it. */
export interface ThreadChooser {
	/** The count in use, apart from trials. */
	readonly count: number;
	next(step: Step): number;
	record(step: Step, ms: number): void;
}

/** The fixed cost of a prefill chunk, in tokens: with it, the time per token is about the same for chunks of 32 to 128 tokens. */
const chunkOverheadTokens = 12;

/** The weight of a new measurement in the moving average. */
const newWeight = 0.2;

/** A step this many times slower than usual is a collapse: some thread has no core. */
const collapseFactor = 3;
/** Below this, a slow step is noise. */
const minCollapseMs = 5;

/** All cores are doubted where they are this much slower than they were. */
const doubtFactor = 1.3;

/** The other count must be faster by this share to be taken. */
const minGain = 0.03;

/** Steps in a trial of the other count; the median counts. */
const trialSteps = 3;

/** Steps before the first trial, beside the very first one, which warms up. */
const firstWait = 2;
/** Steps between two trials: doubled by each that fails or does not last, so that a busy machine pays little for them. */
const minWait = 32;
const maxWait = 256;

/** The index of a count: all but one core, or all. */
type Arm = 0 | 1;

/** Milliseconds per unit of a kind of step. */
type Levels = Partial<Record<StepKind, number>>;

/** A choice of the user. */
export function fixedThreads(count: number): ThreadChooser {
	return { count, next: () => count, record: () => {} };
}

export class ThreadCount implements ThreadChooser {
	readonly #counts: readonly [number, number];
	readonly #onDidChange: (count: number) => void;
	/** The moving average with each count. */
	readonly #levels: [Levels, Levels] = [{}, {}];
	/** The fastest with all cores since they were last compared. */
	#best: Levels = {};
	#arm: Arm = 0;
	/** The times of a trial of the other count, relative to the count in use; undefined if there is none. */
	#trial: number[] | undefined;
	#stepsSinceTrial = 0;
	#wait = firstWait;
	#isWarm = false;

	/**
	 * @param cores that this process may use.
	 * @param onDidChange is told the count where another is taken.
	 */
	constructor(cores: number, onDidChange: (count: number) => void = () => {}) {
		this.#onDidChange = onDidChange;
		this.#counts = [Math.max(1, cores - 1), Math.max(1, cores)];
	}

	get count(): number {
		return this.#counts[this.#arm];
	}

	next({ kind }: Step): number {
		if (kind && !this.#trial && this.#isTrialDue(kind)) this.#trial = [];
		return kind && this.#trial ? this.#counts[this.#other] : this.count;
	}

	/** @param ms of the step that `next` was last called for. */
	record({ kind, tokens }: Step, ms: number): void {
		if (!kind) return;
		// The first evaluation allocates and reads the weights.
		if (!this.#isWarm) {
			this.#isWarm = true;
			return;
		}
		const unitMs = ms / (kind === "decode" ? 1 : tokens + chunkOverheadTokens);
		const usual = this.#levels[this.#arm][kind];
		const isCollapse =
			usual !== undefined &&
			unitMs > usual * collapseFactor &&
			ms > minCollapseMs;
		if (this.#trial) this.#recordTrial(this.#trial, kind, unitMs, isCollapse);
		else this.#recordUsual(kind, unitMs, isCollapse);
	}

	get #other(): Arm {
		return this.#arm === 0 ? 1 : 0;
	}

	#isTrialDue(kind: StepKind): boolean {
		const [fewer, all] = this.#counts;
		const usual = this.#levels[this.#arm][kind];
		if (fewer === all || usual === undefined) return false;
		return this.#stepsSinceTrial >= this.#waitFor(kind, usual);
	}

	/** A trial costs least while decoding. A doubtful count is tried against the other one soon. */
	#waitFor(kind: StepKind, usual: number): number {
		const best = this.#best[kind] ?? usual;
		const isDoubtful = this.#arm === 1 && usual > best * doubtFactor;
		const wait =
			this.#arm === 1 ? (isDoubtful ? trialSteps : maxWait) : this.#wait;
		return kind === "decode" ? wait : 2 * wait;
	}

	#recordUsual(kind: StepKind, unitMs: number, isCollapse: boolean): void {
		this.#stepsSinceTrial++;
		if (isCollapse && this.#arm === 1) {
			this.#fallBack();
			return;
		}
		this.#learn(this.#arm, kind, unitMs);
	}

	#recordTrial(
		trial: number[],
		kind: StepKind,
		unitMs: number,
		isCollapse: boolean,
	): void {
		const usual = this.#levels[this.#arm][kind];
		if (usual === undefined) return;
		trial.push(unitMs / usual);
		if (!isCollapse && trial.length < trialSteps) return;
		const isFaster = !isCollapse && median(trial) < 1 - minGain;
		if (isFaster) {
			this.#switchTo(this.#other, kind, median(trial) * usual);
			return;
		}
		if (this.#arm === 0) this.#waitLonger();
		this.#endTrial();
	}

	#switchTo(arm: Arm, kind: StepKind, level: number): void {
		this.#arm = arm;
		this.#levels[arm] = { [kind]: level };
		this.#endTrial();
		this.#onDidChange(this.count);
	}

	/** At once, because the next step would be as slow. All cores that did not last are tried again later than others. */
	#fallBack(): void {
		const lasted = this.#stepsSinceTrial > 2 * this.#wait;
		if (lasted) this.#wait = minWait;
		else this.#waitLonger();
		this.#arm = 0;
		this.#levels[0] = {};
		this.#endTrial();
		this.#onDidChange(this.count);
	}

	#waitLonger(): void {
		this.#wait = Math.min(Math.max(2 * this.#wait, minWait), maxWait);
	}

	#endTrial(): void {
		this.#trial = undefined;
		this.#stepsSinceTrial = 0;
		this.#best = { ...this.#levels[this.#arm] };
	}

	#learn(arm: Arm, kind: StepKind, unitMs: number): void {
		const levels = this.#levels[arm];
		const known = levels[kind] ?? unitMs;
		// An outlier says little about the next step.
		const limited = Math.min(unitMs, known * collapseFactor);
		const level = known + newWeight * (limited - known);
		levels[kind] = level;
		this.#best[kind] = Math.min(this.#best[kind] ?? level, level);
	}
}

function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
