/** The language server of the installed TypeScript, by the Language Server Protocol: what it offers at a place, and which names it rejects. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod/mini";
import { root } from "../../../scripts/shell.ts";
import type { OfferedNames } from "../../../src/completion/names/unresolvedName.ts";

const Message = z.object({
	id: z.optional(z.union([z.number(), z.string()])),
	method: z.optional(z.string()),
	result: z.optional(z.unknown()),
});
const Place = z.object({ line: z.number(), character: z.number() });
const Diagnostics = z.object({
	items: z.array(
		z.object({
			code: z.optional(z.union([z.number(), z.string()])),
			range: z.object({ start: Place, end: Place }),
		}),
	),
});
const Completions = z.nullish(
	z.object({
		isIncomplete: z.boolean(),
		items: z.array(
			z.object({ label: z.string(), kind: z.optional(z.number()) }),
		),
	}),
);

/** "Cannot find name", "Property does not exist", with and without a proposal. */
const unresolvedCodes = new Set<unknown>([2304, 2552, 2339, 2551, 2503]);
const textKind = 1;

export class TypescriptServer {
	readonly #process: ChildProcessWithoutNullStreams;
	readonly #waiting = new Map<unknown, (result: unknown) => void>();
	readonly #open = new Set<string>();
	#received: Buffer = Buffer.alloc(0);
	#lastId = 0;
	#version = 0;

	constructor() {
		const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
		this.#process = spawn(process.execPath, [tsc, "--lsp", "--stdio"], {
			cwd: root,
		});
		this.#process.stdout.on("data", (data: Buffer) => this.#read(data));
	}

	async start(): Promise<void> {
		const uri = pathToFileURL(root).href;
		await this.#request("initialize", {
			processId: process.pid,
			rootUri: uri,
			workspaceFolders: [{ uri, name: "project" }],
			capabilities: { textDocument: { diagnostic: {}, completion: {} } },
		});
		this.#send({ method: "initialized", params: {} });
	}

	async stop(): Promise<void> {
		const exit = once(this.#process, "exit");
		await this.#request("shutdown", undefined);
		this.#send({ method: "exit" });
		await exit;
	}

	/** What is offered at an offset of a file that has this text. */
	async offeredAt(
		file: string,
		text: string,
		offset: number,
	): Promise<OfferedNames> {
		const textDocument = this.#show(file, text);
		const list = Completions.parse(
			await this.#request("textDocument/completion", {
				textDocument,
				position: positionAt(text, offset),
			}),
		);
		const items = (list?.items ?? []).filter(({ kind }) => kind !== textKind);
		return {
			names: new Set(
				items.flatMap(
					({ label }) => /[\p{L}_$][\p{L}\p{N}_$]*/u.exec(label) ?? [],
				),
			),
			isIncomplete: list?.isIncomplete ?? false,
		};
	}

	/** Names from one offset to another that it cannot resolve. */
	async unresolvedIn(
		file: string,
		text: string,
		from: number,
		to: number,
	): Promise<string[]> {
		const textDocument = this.#show(file, text);
		const { items } = Diagnostics.parse(
			await this.#request("textDocument/diagnostic", { textDocument }),
		);
		return items.flatMap(({ code, range }) => {
			const start = offsetAt(text, range.start);
			const end = offsetAt(text, range.end);
			// A name that was begun before the suggestion ends in it.
			return unresolvedCodes.has(code) && end > from && start < to
				? [text.slice(start, end)]
				: [];
		});
	}

	#show(file: string, text: string): { uri: string } {
		const uri = pathToFileURL(path.join(root, file)).href;
		const version = ++this.#version;
		this.#send(
			this.#open.has(uri)
				? {
						method: "textDocument/didChange",
						params: {
							textDocument: { uri, version },
							contentChanges: [{ text }],
						},
					}
				: {
						method: "textDocument/didOpen",
						params: {
							textDocument: { uri, languageId: "typescript", version, text },
						},
					},
		);
		this.#open.add(uri);
		return { uri };
	}

	#request(method: string, params: unknown): Promise<unknown> {
		const id = ++this.#lastId;
		return new Promise((resolve) => {
			this.#waiting.set(id, resolve);
			this.#send({ id, method, params });
		});
	}

	#send(message: object): void {
		const text = JSON.stringify({ jsonrpc: "2.0", ...message });
		this.#process.stdin.write(
			`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
		);
	}

	#read(data: Buffer): void {
		this.#received = Buffer.concat([this.#received, data]);
		for (;;) {
			const bodyAt = this.#received.indexOf("\r\n\r\n") + 4;
			if (bodyAt < 4) return;
			const header = this.#received.subarray(0, bodyAt).toString();
			const end = bodyAt + Number(/Content-Length: (\d+)/.exec(header)?.[1]);
			if (this.#received.length < end) return;
			const body = this.#received.subarray(bodyAt, end).toString();
			this.#received = this.#received.subarray(end);
			const { id, method, result } = Message.parse(JSON.parse(body));
			// What the server asks of an editor has no answer here.
			if (method !== undefined && id !== undefined)
				this.#send({ id, result: null });
			else if (method === undefined) {
				this.#waiting.get(id)?.(result);
				this.#waiting.delete(id);
			}
		}
	}
}

function positionAt(
	text: string,
	offset: number,
): { line: number; character: number } {
	const lines = text.slice(0, offset).split("\n");
	return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
}

function offsetAt(
	text: string,
	{ line, character }: z.infer<typeof Place>,
): number {
	let at = 0;
	for (let passed = 0; passed < line; passed++) at = text.indexOf("\n", at) + 1;
	return at + character;
}
