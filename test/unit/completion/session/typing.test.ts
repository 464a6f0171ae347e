/** Random typing against a session: what holds whatever is typed. */

import assert from "node:assert/strict";
import { nullLog } from "../../../../src/base/log.ts";
import { noContext } from "../../../../src/completion/request/promptContext.ts";
import { CompletionSession } from "../../../../src/completion/session/completionSession.ts";
import type { DocumentSnapshot } from "../../../../src/completion/text/documentContext.ts";
import type { FimRequest } from "../../../../src/protocol/generation.ts";
import { SteeredEngine } from "../../../support/fakes/steeredEngine.ts";
import { seededRandom } from "../../../support/seededRandom.ts";
import { settle } from "../../../support/settle.ts";

const words = ["const ", "value", " = ", "items", ".map(", "it", ")", ";"];

/** The document before the cursor, as in the request. */
const before = ({ prefixBlocks, typed }: FimRequest) =>
	prefixBlocks.join("") + typed;

class Typist {
	readonly random: () => number;
	readonly engine: SteeredEngine;
	readonly session: CompletionSession;
	/** Each answer behind the text that it completes. */
	readonly answers = new Set<string>();
	readonly unsettled = new Set<Promise<unknown>>();
	readonly late: string[] = [];
	#text = "function f() {\n\t";
	#version = 1;
	#asking = new AbortController();

	/** @param turn lets other work go on. */
	constructor(seed: number, turn: () => Promise<void>) {
		this.random = seededRandom(seed);
		this.engine = new SteeredEngine(
			(request) => this.#answer(request),
			async () => {
				while (this.random() < 0.6) await turn();
			},
		);
		this.session = new CompletionSession({
			engine: this.engine,
			contextProvider: noContext,
			log: nullLog,
			onLateSuggestion: () => this.late.push(this.#text),
			sleep: async () => {
				if (this.random() < 0.5) await turn();
			},
			now: () => 0,
		});
	}

	/** The document up to the cursor, which is at its end. */
	get text(): string {
		return this.#text;
	}

	get snapshot(): DocumentSnapshot {
		return {
			uri: "file:///a.ts",
			path: "a.ts",
			languageId: "typescript",
			indentation: { insertSpaces: false, tabSize: 4 },
			version: this.#version,
			text: this.#text,
			offset: this.#text.length,
		};
	}

	/** A key, which ends the question of the key before it. */
	edit(text: string): void {
		this.#asking.abort();
		this.#text = text;
		this.#version++;
		const { snapshot } = this;
		this.session.movedTo(snapshot, () => snapshot);
	}

	/** Asks as the editor does. */
	ask(): Promise<string | undefined> {
		this.#asking = new AbortController();
		const { signal } = this.#asking;
		const options = { signal, isExplicit: false };
		const answer = this.session
			.suggest(this.snapshot, options)
			.then((it) => (it.kind === "suggestion" ? it.text : undefined));
		this.unsettled.add(answer);
		void answer.finally(() => this.unsettled.delete(answer));
		return answer;
	}

	/** A few words, the same for the same text. */
	#answer(request: FimRequest): readonly string[] {
		const text = before(request);
		let seed = 7;
		for (const char of text) seed = (seed * 31 + char.charCodeAt(0)) % 65_521;
		const random = seededRandom(seed);
		const answer = Array.from(
			{ length: 1 + Math.floor(random() * 3) },
			() => words[Math.floor(random() * words.length)] ?? "",
		);
		this.answers.add(text + answer.join(""));
		return answer;
	}
}

describe("typing", () => {
	it("finds only suggestions that an answer gave, with one request at a time, and leaves nothing open", async () => {
		let shown = 0;
		for (let seed = 1; seed <= 20; seed++) {
			const typist = new Typist(seed, settle);
			let suggestion: string | undefined;
			for (let key = 0; key < 60; key++) {
				const { text } = typist;
				const kind = typist.random();
				if (suggestion && kind < 0.4) typist.edit(text + (suggestion[0] ?? ""));
				else if (suggestion && kind < 0.5) typist.edit(text + suggestion);
				else if (kind < 0.65) typist.edit(text.slice(0, -1));
				else if (kind < 0.7) typist.edit(`${text}\n\t`);
				else
					typist.edit(text + "abcdevit.= "[Math.floor(typist.random() * 11)]);
				const asked = typist.ask();
				const place = typist.text;
				suggestion = undefined;
				if (typist.random() < 0.3) continue;
				suggestion = await asked;
				if (suggestion === undefined) continue;
				shown++;
				// A filter drops a space that is there already.
				const whole = (place + suggestion).replaceAll(" ", "");
				assert.ok(
					[...typist.answers].some((it) =>
						it.replaceAll(" ", "").startsWith(whole),
					),
					`${JSON.stringify(suggestion)} at ${JSON.stringify(place)}, seed ${seed}`,
				);
			}
			await typist.ask();
			for (let turn = 0; typist.engine.underWay > 0; turn++) {
				assert.ok(turn < 1_000, "a request goes on for ever");
				await settle();
			}
			await settle();
			assert.equal(typist.unsettled.size, 0);
			assert.equal(typist.engine.maxTyping, 1);
		}
		assert.ok(shown > 200, `${shown}`);
	});

	it("changes nothing of 1,000 suggestions that are typed through, and never is without", async () => {
		let typedThrough = 0;
		for (let seed = 1; typedThrough < 1_000; seed++) {
			const typist = new Typist(seed, () => Promise.resolve());
			for (let key = 0; key < 40; key++) {
				typist.edit(
					typist.text + "abcdevit.= "[Math.floor(typist.random() * 11)],
				);
				const suggestion = await typist.ask();
				if (suggestion === undefined) continue;
				let left: string = suggestion;
				while (left.trim() !== "") {
					const again = await typist.ask();
					assert.ok(
						again?.startsWith(left),
						`${JSON.stringify(again)} for ${JSON.stringify(left)}, seed ${seed}`,
					);
					left = again ?? "";
					typist.edit(typist.text + left[0]);
					left = left.slice(1);
				}
				typedThrough++;
			}
		}
	});
});
