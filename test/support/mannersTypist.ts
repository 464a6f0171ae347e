/** A person in an editor in front of the real session, with manners: what they type, delete, undo and dismiss. */

import assert from "node:assert/strict";
import { nullLog } from "../../src/base/log.ts";
import {
	editOf,
	type LinePlace,
	lastLine,
	lineCount,
} from "../../src/completion/manners/edits.ts";
import { Manners } from "../../src/completion/manners/manners.ts";
import type { NoSuggestionReason } from "../../src/completion/reasons/reasons.ts";
import { noContext } from "../../src/completion/request/promptContext.ts";
import { CompletionSession } from "../../src/completion/session/completionSession.ts";
import type { DocumentSnapshot } from "../../src/completion/text/documentContext.ts";
import { FakeEngine } from "./fakes/fakeEngine.ts";

const uri = "file:///a.ts";

interface State {
	readonly text: string;
	readonly offset: number;
}

export class MannersTypist {
	readonly manners = new Manners();
	readonly #session: CompletionSession;
	readonly #undo: State[] = [];
	#state: State;
	#version = 1;
	/** A long time between any two actions: whatever is on screen has been read. */
	#nowMs = 0;

	/** @param answer what the model says, whatever it is asked. */
	constructor(state: State, answer: () => string) {
		this.#state = state;
		this.#session = new CompletionSession({
			engine: new FakeEngine(() => [answer()]),
			contextProvider: noContext,
			log: nullLog,
			onLateSuggestion: () => {},
			// The model answers at once: no time passes before it has.
			sleep: () => new Promise((resolve) => setImmediate(resolve)),
			now: () => this.#nowMs,
		});
	}

	get text(): string {
		return this.#state.text;
	}

	get offset(): number {
		return this.#state.offset;
	}

	get place(): LinePlace {
		const { text, offset } = this.#state;
		const before = text.slice(0, offset);
		return {
			uri,
			line: lineCount(before),
			before: lastLine(before),
			after: text.slice(offset).split("\n")[0] ?? "",
		};
	}

	/** As the editor does after each key: the ghost text, or why there is none. */
	async look(isExplicit = false): Promise<string | NoSuggestionReason> {
		const snapshot = this.#snapshot();
		const { manners } = this;
		const hold = (reason: NoSuggestionReason): NoSuggestionReason => {
			manners.hidden();
			return reason;
		};
		const objection = isExplicit ? undefined : manners.objectionTo(snapshot);
		if (objection) return hold(objection);
		const { signal } = new AbortController();
		const result = await this.#session.suggest(snapshot, {
			signal,
			isExplicit,
		});
		if (result.kind === "none") return hold(result.reason);
		const toText = isExplicit
			? undefined
			: manners.objectionToText(this.place, result.text);
		if (toText) return hold(toText);
		manners.shown(this.place, result.text, this.#nowMs);
		return result.text;
	}

	type(text: string): void {
		this.#replace(this.offset, this.offset, text);
	}

	/** Replaces the line up to the cursor, as VS Code does when a suggestion is accepted. */
	accept(suggestion: string): void {
		const { before } = this.place;
		this.#replace(
			this.offset - before.length,
			this.offset,
			before + suggestion,
		);
	}

	backspace(count = 1): void {
		for (let at = 0; at < count; at++)
			this.#replace(this.offset - 1, this.offset, "");
	}

	/** Deletes a selection. */
	delete(start: number, end: number): void {
		this.#replace(start, end, "");
	}

	undo(): void {
		const last = this.#undo.pop();
		assert.ok(last);
		// Editors report the smallest range or the whole text; both are to be understood.
		this.#edited(0, this.text.length, last.text);
		this.#moved(last);
	}

	escape(): void {
		this.manners.dismissed();
	}

	moveTo(offset: number): void {
		this.#moved({ text: this.text, offset });
	}

	#replace(start: number, end: number, text: string): void {
		this.#undo.push(this.#state);
		this.#edited(start, end, text);
		const rest = this.text.slice(end);
		this.#moved({
			text: this.text.slice(0, start) + text + rest,
			offset: start + text.length,
		});
	}

	#edited(start: number, end: number, text: string): void {
		this.#nowMs += 1000;
		const [from, to] = [start, end].map((it) => this.text.slice(0, it));
		assert.ok(from !== undefined && to !== undefined);
		const edit = editOf(
			{ firstLine: 0, lines: this.text.split("\n") },
			{
				startLine: lineCount(from),
				startCharacter: lastLine(from).length,
				endLine: lineCount(to),
				endCharacter: lastLine(to).length,
				text,
			},
		);
		assert.ok(edit);
		this.manners.edited(uri, edit, this.#nowMs);
	}

	#moved(state: State): void {
		this.#state = state;
		this.#version++;
		const { line, before } = this.place;
		this.manners.movedTo({ uri, line, character: before.length });
		const snapshot = this.#snapshot();
		this.#session.movedTo(snapshot, () => snapshot);
	}

	#snapshot(): DocumentSnapshot {
		return {
			uri,
			path: "src/a.ts",
			languageId: "typescript",
			indentation: { insertSpaces: true, tabSize: 4 },
			version: this.#version,
			...this.#state,
		};
	}
}
