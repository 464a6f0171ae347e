/** Timers as disposables, so that a test can put its own clock in their place. */

import { type Disposable, toDisposable } from "./disposable.ts";

export type SetTimer = (callback: () => void, ms: number) => Disposable;

export const setRealTimer: SetTimer = (callback, ms) => {
	const timer = setTimeout(callback, ms);
	return toDisposable(() => clearTimeout(timer));
};
