/** Whether suggestions appear automatically: the settings, and the snooze with its timer. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import { Emitter, type Event } from "../../base/event.ts";
import { reasonSentence } from "../../completion/reasons/reasonSentences.ts";
import { Snooze, type SnoozeEnd } from "../../completion/reasons/snooze.ts";
import {
	type SuppressionReason,
	suppressionReason,
} from "../../completion/reasons/suppression.ts";
import { clockTime } from "../platform/clockTime.ts";
import type { Configuration } from "../platform/configuration.ts";
import { localize } from "../platform/localize.ts";
import { documentPath } from "../workspace/documentPath.ts";
import { leadsToSecret } from "../workspace/realFiles.ts";

export class AutoSuggest implements Disposable {
	readonly #configuration: Configuration;
	readonly #looksSecret: (path: string) => boolean;
	readonly #snooze = new Snooze();
	readonly #onDidChange = new Emitter<void>();
	readonly #store = new DisposableStore();
	#timer: NodeJS.Timeout | undefined;

	/** Fires when a setting changes, or the snooze begins or ends. */
	readonly onDidChange: Event<void> = this.#onDidChange.event;

	/** @param looksSecret whether the file at a path, relative to the workspace, may contain secrets. */
	constructor(
		configuration: Configuration,
		looksSecret: (path: string) => boolean,
	) {
		this.#configuration = configuration;
		this.#looksSecret = looksSecret;
		this.#store.add(this.#onDidChange);
		this.#store.add(this.#snooze);
		this.#store.add(
			this.#snooze.onDidChange(() => {
				this.#setTimer();
				this.#onDidChange.fire();
			}),
		);
		this.#store.add(configuration.onDidChange(() => this.#onDidChange.fire()));
	}

	/** Why automatic suggestions are suppressed in this document. Without one, only reasons that apply everywhere count. */
	reasonFor(
		document: vscode.TextDocument | undefined,
	): SuppressionReason | undefined {
		const { settings } = this.#configuration;
		return suppressionReason(
			document && {
				languageId: document.languageId,
				path: documentPath(document),
			},
			{
				isEnabled: settings["completion.enabled"],
				languages: settings["completion.languages"],
				isSnoozed: this.snoozedUntil !== undefined,
				looksSecret: (path) =>
					this.#looksSecret(path) ||
					(document !== undefined && leadsToSecret(document)),
			},
		);
	}

	/** The localized sentence, with the end of a snooze. */
	describe(reason: SuppressionReason): string {
		const { t } = vscode.l10n;
		const until = this.snoozedUntil;
		if (reason.kind !== "snoozed" || until === undefined)
			return localize(reasonSentence(reason));
		return until === "restart"
			? t("Completions are snoozed until VS Code restarts.")
			: t("Completions are snoozed until {time}.", { time: clockTime(until) });
	}

	get snoozedUntil(): SnoozeEnd | undefined {
		return this.#snooze.until(Date.now());
	}

	snooze(end: SnoozeEnd): void {
		this.#snooze.begin(end);
	}

	endSnooze(): void {
		this.#snooze.end();
	}

	dispose(): void {
		clearTimeout(this.#timer);
		this.#store.dispose();
	}

	#setTimer(): void {
		clearTimeout(this.#timer);
		const until = this.snoozedUntil;
		if (typeof until === "number")
			this.#timer = setTimeout(() => this.#snooze.end(), until - Date.now());
	}
}
