/** Holds work until a test lets it go on. */

/** All calls of `wait` settle with `open`. */
export interface Gate {
	/** Resolves with the first `wait`. */
	readonly reached: Promise<void>;
	readonly open: () => void;
	readonly wait: () => Promise<void>;
}

export function gate(): Gate {
	let open = (): void => {};
	const opened = new Promise<void>((resolve) => {
		open = resolve;
	});
	let reach = (): void => {};
	const reached = new Promise<void>((resolve) => {
		reach = resolve;
	});
	return {
		reached,
		open,
		wait() {
			reach();
			return opened;
		},
	};
}
