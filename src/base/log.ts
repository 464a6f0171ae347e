/**
 * The log that core code writes to; the edge decides where it goes.
 *
 * Invariant: text of the user's files goes to `trace` and to no other level.
 */

export const logLevels = ["trace", "debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

export type Log = Readonly<Record<LogLevel, (message: string) => void>>;

/** A log from one function that takes the level. */
export function logTo(write: (level: LogLevel, message: string) => void): Log {
	return {
		trace: (message) => write("trace", message),
		debug: (message) => write("debug", message),
		info: (message) => write("info", message),
		warn: (message) => write("warn", message),
		error: (message) => write("error", message),
	};
}

export const nullLog: Log = logTo(() => {});

/** The last lines above trace level, for bug reports and tests: they hold no text of the user's files. */
export class RecentLog {
	readonly #lines: string[] = [];
	readonly log: Log;

	constructor(target: Log, capacity = 500) {
		this.log = logTo((level, message) => {
			target[level](message);
			if (level === "trace") return;
			this.#lines.push(`[${level}] ${message}`);
			if (this.#lines.length > capacity) this.#lines.shift();
		});
	}

	lines(): readonly string[] {
		return [...this.#lines];
	}
}
