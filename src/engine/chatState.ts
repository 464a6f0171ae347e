/**
 * The evaluated state of a conversation on disk, so that the next process need not evaluate it anew. It holds what was said: only the
 * user may read it, and it lies where the conversation lies.
 *
 * Invariant: llama.cpp is only given a file that this engine wrote whole, for the same model, build and context: it does not survive every other.
 */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Log } from "../base/log.ts";
import { readSmallFile } from "../models/smallFile.ts";
import type { ChatRequest } from "../protocol/chat.ts";
import { ChatStateCompanion } from "../protocol/chatState.ts";
import type { AnswerTokens } from "./chatTokens.ts";
import type { KvCache } from "./kvCache.ts";

/** Answers of the longest conversations. */
const mostCompanionBytes = 16 * 2 ** 20;
/** Less is evaluated as fast as it is read. */
const leastTokens = 256;

/** What a state is of. */
export interface StateOwner {
	readonly key: string;
	readonly cache: KvCache;
	readonly answers: AnswerTokens;
}

export class ChatStates {
	readonly #log: Log;
	/** Not read again: what was in there is in the cache by now, or of no use. */
	readonly #read = new Set<string>();
	#last: Promise<void> = Promise.resolve();

	constructor(log: Log) {
		this.#log = log;
	}

	/** Answers that are on disk have the tokens that are in the state, so this comes before a prompt is made. Never rejects. */
	async restore(
		{ stateFile }: Pick<ChatRequest, "stateFile">,
		{ key, cache, answers }: StateOwner,
	): Promise<void> {
		if (stateFile === null || this.#read.has(stateFile)) return;
		this.#read.add(stateFile);
		await this.#last;
		if (cache.tokens.length > 0) return;
		try {
			const companion = await readCompanion(stateFile);
			if (companion?.key !== key) return;
			if ((await sha256Of(stateFile)) !== companion.sha256) return;
			await cache.loadState(stateFile);
			for (const [text, tokens] of companion.answers)
				answers.remember(text, tokens);
			this.#log.info(
				`read the state of a conversation: ${cache.tokens.length} tokens`,
			);
		} catch (thrown) {
			this.#log.warn(
				`the state of a conversation could not be read: ${codeOf(thrown)}`,
			);
		}
	}

	/** In the background, and never rejects. */
	save(
		{ stateFile }: Pick<ChatRequest, "stateFile">,
		owner: StateOwner,
	): Promise<void> {
		if (stateFile === null || owner.cache.tokens.length < leastTokens)
			return Promise.resolve();
		this.#read.add(stateFile);
		this.#last = this.#last
			.then(() => write(stateFile, owner))
			.catch((thrown) => {
				this.#log.warn(
					`the state of a conversation could not be saved: ${codeOf(thrown)}`,
				);
			});
		return this.#last;
	}
}

async function readCompanion(
	file: string,
): Promise<ChatStateCompanion | undefined> {
	try {
		const text = await readSmallFile(`${file}.json`, mostCompanionBytes);
		return ChatStateCompanion.safeParse(JSON.parse(text)).data;
	} catch {
		return undefined;
	}
}

/** The state first: without its companion nobody reads it. */
async function write(
	file: string,
	{ key, cache, answers }: StateOwner,
): Promise<void> {
	const temporary = `${file}.tmp`;
	await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
	await rm(`${file}.json`, { force: true });
	try {
		// llama.cpp makes the file anew, and would make it for all to read.
		await writeFile(temporary, "", { mode: 0o600 });
		await cache.saveState(temporary);
		await chmod(temporary, 0o600);
		const companion: ChatStateCompanion = {
			version: 1,
			key,
			sha256: await sha256Of(temporary),
			answers: answers.all().map(([text, them]) => [text, [...them]]),
		};
		await rename(temporary, file);
		await writeFile(`${file}.json`, JSON.stringify(companion), { mode: 0o600 });
	} catch (thrown) {
		await rm(temporary, { force: true });
		throw thrown;
	}
}

async function sha256Of(file: string): Promise<string> {
	const hash = createHash("sha256");
	for await (const piece of createReadStream(file)) hash.update(piece);
	return hash.digest("hex");
}

/** A path or a text is nothing for a log. */
function codeOf(thrown: unknown): string {
	const { code } = (thrown ?? {}) as { readonly code?: unknown };
	return typeof code === "string" ? code : "no reason was given";
}
