/** Timers as disposables, so that a test can replace them by a fake clock. */

import { type Disposable, toDisposable } from "./disposable.ts";

export type SetTimer = (callback: () => void, ms: number) => Disposable;

export const setRealTimer: SetTimer = (callback, ms) => {
	const timer = setTimeout(callback, ms);
	return toDisposable(() => clearTimeout(timer));
};
