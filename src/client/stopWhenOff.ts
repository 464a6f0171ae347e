/** Frees the engine when completions are turned off: no process, no memory. The next question, or an explicit request, starts it again. */

import { type Disposable, DisposableStore } from "../base/disposable.ts";
import type { Event } from "../base/event.ts";
import { type EngineStatus, ownChat } from "../protocol/engineStatus.ts";
import type { Supervisor } from "./supervisor.ts";

export interface StopWhenOffOptions {
	readonly supervisor: Pick<
		Supervisor,
		"status" | "onDidChangeStatus" | "stop"
	>;
	readonly isOn: () => boolean;
	/** Fires when `isOn` may have another value. */
	readonly onDidChange: Event<unknown>;
}

export function stopWhenOff({
	supervisor,
	isOn,
	onDidChange,
}: StopWhenOffOptions): Disposable {
	const store = new DisposableStore();
	let wasOn = isOn();
	/** Turned off while the engine was at work: it may be an answer that someone reads. */
	let isDue = false;
	const stopUnlessBusy = (): void => {
		if (!isDue || isAtWork(supervisor.status)) return;
		isDue = false;
		if (supervisor.status.kind !== "stopped") void supervisor.stop();
	};
	store.add(
		onDidChange(() => {
			const isOnNow = isOn();
			if (isOnNow !== wasOn) isDue = !isOnNow;
			wasOn = isOnNow;
			stopUnlessBusy();
		}),
	);
	store.add(supervisor.onDidChangeStatus(stopUnlessBusy));
	return store;
}

function isAtWork(status: EngineStatus): boolean {
	return (
		status.kind === "generating" || ownChat(status)?.state === "generating"
	);
}
