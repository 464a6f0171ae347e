/** Downloads the rest of a partial file, and retries dropped connections. */

import { failure, type Result, success } from "../../base/result.ts";
import { type Phrase, phrase } from "../../base/sentence.ts";
import { formatBytes } from "../../base/units.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import type { PartWriter } from "./partWriter.ts";
import {
	type Expected,
	type Opened,
	openRemote,
	type RemoteFile,
} from "./remoteFile.ts";

export interface FetchOptions extends RemoteFile {
	readonly expected: Expected;
	readonly signal: AbortSignal;
	readonly onBytes: () => void;
	readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
	readonly idleMs?: number | undefined;
}

/** Delays before the retries; together as long as a router takes to restart. */
const retryDelaysMs = [1000, 2000, 5000, 15_000, 30_000] as const;

/** After an attempt that brought this much, the delays start from the first again. */
const progressBytes = 2 ** 20;

export type Fetched =
	| { readonly kind: "whole" }
	| { readonly kind: "cancelled" }
	| {
			readonly kind: "failed";
			readonly error: HeadroomError;
			/** Whether a later download can resume from the partial file. */
			readonly resumable: boolean;
	  };

type Attempt =
	| Fetched
	| {
			readonly kind: "dropped";
			readonly why: string | Phrase;
			/** There was no connection at all. */
			readonly error?: HeadroomError;
	  };

export async function fetchRest(
	options: FetchOptions,
	writer: PartWriter,
): Promise<Fetched> {
	const { expected, fileName, signal, sleep } = options;
	let drops = 0;
	for (let connected = false; ; ) {
		const before = writer.doneBytes;
		// A complete partial file needs no connection.
		if (before === expected.sizeBytes) return { kind: "whole" };
		const attempt = await fetchOnce(options, writer);
		if (attempt.kind !== "dropped") return attempt;
		if (attempt.error && !connected)
			return { kind: "failed", error: attempt.error, resumable: true };
		connected = true;
		if (writer.doneBytes - before >= progressBytes) drops = 0;
		const delayMs = retryDelaysMs[drops++];
		if (delayMs === undefined)
			return {
				kind: "failed",
				resumable: true,
				error: createError("downloadBroken", {
					file: fileName,
					done: formatBytes(writer.doneBytes),
					total: formatBytes(expected.sizeBytes),
					why: attempt.why,
				}),
			};
		await sleep(delayMs, signal);
		if (signal.aborted) return { kind: "cancelled" };
	}
}

async function fetchOnce(
	options: FetchOptions,
	writer: PartWriter,
): Promise<Attempt> {
	const { signal, idleMs } = options;
	const opened = await openRemote(options, {
		method: "GET",
		signal,
		idleMs,
		headers: rangeFrom(writer),
		accept: ({ statusCode }) =>
			statusCode === 200 || statusCode === 206 || statusCode === 416,
	});
	if (!opened.ok) {
		const problem = opened.error;
		switch (problem.kind) {
			case "cancelled":
				return problem;
			case "dropped": {
				const { values, why = values["why"] ?? "" } = problem.error;
				return { kind: "dropped", error: problem.error, why };
			}
			case "refused":
				return { kind: "failed", error: problem.error, resumable: true };
		}
	}
	const { host, response } = opened.value;
	try {
		const begun = await begin(response, host, options, writer);
		if (!begun.ok) return begun.error;
		return await receive(response, host, options, writer);
	} finally {
		response.destroy();
	}
}

function rangeFrom({
	doneBytes,
	validator,
}: PartWriter): Record<string, string> {
	if (doneBytes === 0) return {};
	const range = { range: `bytes=${doneBytes}-` };
	return validator === null ? range : { ...range, "if-range": validator };
}

/** Checks the response headers, and moves the partial file to the offset at which the body starts. */
async function begin(
	response: Opened["response"],
	host: string,
	options: FetchOptions,
	writer: PartWriter,
): Promise<Result<void, Attempt>> {
	const { sizeBytes } = options.expected;
	const { headers, statusCode } = response;
	const [, start, total] =
		/^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers["content-range"] ?? "") ??
		[];
	const claimedBytes =
		statusCode === 200 ? headers["content-length"] : (total ?? "*");
	if (
		claimedBytes !== undefined &&
		claimedBytes !== "*" &&
		Number(claimedBytes) !== sizeBytes
	)
		return failure(wrongSize(options, host, formatExact(Number(claimedBytes))));
	if (statusCode === 200) {
		if (writer.doneBytes > 0) await writer.startOver();
	} else if (
		statusCode === 416 ||
		Number(start) !== writer.doneBytes ||
		isOther(headers.etag, writer.validator)
	) {
		await writer.startOver();
		return failure({
			kind: "dropped",
			why: phrase("the host changed the file", {}),
		});
	}
	await writer.identify(headers.etag);
	return success(undefined);
}

/** A host that supports ETags but not `If-Range` sends the rest of whatever version it has now. */
function isOther(etag: string | undefined, validator: string | null): boolean {
	return validator !== null && etag !== undefined && etag !== validator;
}

async function receive(
	response: Opened["response"],
	host: string,
	options: FetchOptions,
	writer: PartWriter,
): Promise<Attempt> {
	const { expected, onBytes, signal } = options;
	try {
		for await (const bytes of response as AsyncIterable<Uint8Array>) {
			if (writer.doneBytes + bytes.length > expected.sizeBytes)
				return wrongSize(options, host, "more bytes");
			const error = await writer.write(bytes);
			if (error) return { kind: "failed", error, resumable: true };
			onBytes();
			if (signal.aborted) return { kind: "cancelled" };
		}
	} catch (thrown) {
		if (signal.aborted) return { kind: "cancelled" };
		return { kind: "dropped", why: messageOf(thrown) };
	}
	return writer.doneBytes === expected.sizeBytes
		? { kind: "whole" }
		: wrongSize(options, host, formatExact(writer.doneBytes));
}

function wrongSize(
	{ expected, fileName }: FetchOptions,
	host: string,
	found: string,
): Fetched {
	return {
		kind: "failed",
		resumable: false,
		error: createError("downloadSize", {
			host,
			file: fileName,
			found,
			expected: formatExact(expected.sizeBytes),
		}),
	};
}

/** Different sizes may round to the same text. */
function formatExact(bytes: number): string {
	return `${bytes} bytes`;
}
