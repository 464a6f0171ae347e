/**
 * When a suggestion is not shown although there is one: the user has just rejected or deleted it, Tab is wanted for indenting, or it is
 * too short to notice. Only suggestions that nobody requested are held back.
 */

import type { NoSuggestionReason } from "../reasons/reasons.ts";
import { minShownChars } from "../text/cutPlace.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";
import { isLeftOfBlock } from "./blockIndent.ts";
import type { Edit, LinePlace } from "./edits.ts";
import { RecentDeletions } from "./recentDeletions.ts";
import { RejectedSuggestions } from "./rejectedSuggestions.ts";
import { afterEdit, type ShownSuggestion } from "./shownSuggestion.ts";

/** Who types over a suggestion sooner has not read it. */
const minSeenMs = 250;

export class Manners {
	readonly #onRejected: () => void;
	readonly #rejected = new RejectedSuggestions();
	readonly #deletions = new RecentDeletions();
	#shown: ShownSuggestion | undefined;

	/** @param onRejected called when the user dismissed the suggestion on screen, or typed something else over it after reading it. */
	constructor(onRejected: () => void = () => {}) {
		this.#onRejected = onRejected;
	}

	/** Whether the suggestion that the editor got last may be on screen. */
	get isShown(): boolean {
		return this.#shown !== undefined;
	}

	/** Why nothing is to be suggested at this place, whatever the model says. */
	objectionTo(snapshot: DocumentSnapshot): NoSuggestionReason | undefined {
		return isLeftOfBlock(snapshot) ? { kind: "leftOfBlock" } : undefined;
	}

	/** Why this suggestion is not to be shown. */
	objectionToText(
		place: LinePlace,
		text: string,
	): NoSuggestionReason | undefined {
		// What is left of a suggestion that the user types through never vanishes.
		if (this.#continues(place, text)) return undefined;
		if (text.trim().length < minShownChars) return { kind: "tooShort" };
		// On a blank line, Tab indents.
		if (place.before.trim() === "" && /^\s/.test(text))
			return { kind: "leftOfBlock" };
		if (this.#rejected.includes(place, text)) return { kind: "rejected" };
		return this.#deletions.restores(place, text)
			? { kind: "restoresDeleted" }
			: undefined;
	}

	/** What is left of the suggestion on screen, where the user has typed through its beginning. */
	leftOnScreen({ uri, line, before }: LinePlace): string | undefined {
		const shown = this.#shown;
		return shown?.place.uri === uri &&
			shown.place.line === line &&
			shown.place.before === before
			? shown.text
			: undefined;
	}

	/** Reports that the editor gets this suggestion. */
	shown(place: LinePlace, text: string, nowMs: number): void {
		const last = this.#shown;
		this.#shown =
			last && this.#continues(place, text)
				? { ...last, place, text }
				: { place, text, origin: { place, text }, sinceMs: nowMs };
	}

	/** Reports where the cursor is, after the edit that moved it. Undefined where there is none, or text is selected. */
	movedTo(
		place: { uri: string; line: number; character: number } | undefined,
	): void {
		const shown = this.#shown?.place;
		if (
			shown?.uri !== place?.uri ||
			shown?.line !== place?.line ||
			shown?.before.length !== place?.character
		)
			this.hidden();
	}

	/** Reports that no suggestion of ours is on screen any more. */
	hidden(): void {
		this.#shown = undefined;
	}

	/** Reports that the user dismissed the suggestion on screen. */
	dismissed(): void {
		this.#reject();
	}

	/** Reports an edit of a document. */
	edited(uri: string, edit: Edit, nowMs: number): void {
		this.#deletions.edited(uri, edit);
		this.#rejected.edited(uri, edit);
		if (!this.#shown) return;
		const after = afterEdit(this.#shown, uri, edit);
		if (after.kind === "shown") this.#shown = after.suggestion;
		else if (
			after.kind === "typedOver" &&
			nowMs - this.#shown.sinceMs >= minSeenMs
		)
			this.#reject();
		else this.#shown = undefined;
	}

	#continues(place: LinePlace, text: string): boolean {
		const left = this.leftOnScreen(place);
		// The rest of an answer may have come meanwhile.
		return left !== undefined && text.startsWith(left);
	}

	#reject(): void {
		const shown = this.#shown;
		if (!shown) return;
		this.#shown = undefined;
		for (const { place, text } of [shown, shown.origin])
			this.#rejected.add(place, text);
		this.#onRejected();
	}
}
