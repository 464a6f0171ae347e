/** Requests a file from a host: follows redirects within the allowed hosts, and turns every failure into an error for the user. */

import { failure, type Result, success } from "../../base/result.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import { type RemoteRequest, type RemoteResponse, send } from "./connection.ts";
import { parseAddress, parseProxy } from "./hosts.ts";

export interface RemoteFile {
	readonly url: string;
	/** See `parseAddress`; redirects to any other are refused. */
	readonly allowedHosts: readonly string[];
	/** URL of an HTTP proxy. Without it, VS Code's settings apply. */
	readonly proxy?: string;
	/** For error messages. */
	readonly fileName: string;
}

export interface Expected {
	readonly sizeBytes: number;
	/** In lower case. */
	readonly sha256: string;
	/** Values from the host itself only show that the transfer went well. */
	readonly from: "catalog" | "host";
}

export interface Opened {
	readonly host: string;
	readonly response: RemoteResponse;
}

export type OpenFailure =
	| { readonly kind: "cancelled" }
	/** The connection failed; a retry may succeed. */
	| { readonly kind: "dropped"; readonly error: HeadroomError }
	| { readonly kind: "refused"; readonly error: HeadroomError };

const maxRedirects = 5;
const defaultIdleMs = 30_000;

/** Redirects with a `Location` header. */
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface OpenOptions extends Pick<RemoteRequest, "method" | "signal"> {
	readonly headers?: Readonly<Record<string, string>>;
	readonly idleMs?: number | undefined;
	/** Whether to accept a response, even if it is a redirect. */
	readonly accept: (response: RemoteResponse) => boolean;
}

/** Resolves with an accepted response. The caller must read or destroy its body. */
export async function openRemote(
	file: RemoteFile,
	{ method, headers = {}, signal, idleMs, accept }: OpenOptions,
): Promise<Result<Opened, OpenFailure>> {
	const proxy = file.proxy ? parseProxy(file.proxy) : success(undefined);
	if (!proxy.ok) return refused(proxy.error);
	let address = parseAddress(file.url, file.allowedHosts);
	for (let followed = 0; ; followed++) {
		if (signal.aborted) return failure({ kind: "cancelled" });
		if (!address.ok) return refused(address.error);
		const url = address.value;
		const sent = await send({
			method,
			url,
			headers,
			proxy: proxy.value,
			signal,
			idleMs: idleMs ?? defaultIdleMs,
		});
		if (!sent.ok)
			return failure(
				signal.aborted
					? { kind: "cancelled" }
					: { kind: "dropped", error: connectionError(url, sent.error) },
			);
		const response = sent.value;
		if (accept(response)) return success({ host: url.hostname, response });
		response.destroy();
		const { location } = response.headers;
		if (!redirects.has(response.statusCode ?? 0) || location === undefined)
			return refused(statusError(url, file, response.statusCode ?? 0));
		if (followed === maxRedirects)
			return refused(
				createError("downloadRedirects", {
					host: url.hostname,
					count: String(maxRedirects),
				}),
			);
		address = nextAddress(url, location, file.allowedHosts);
	}
}

/**
 * Size and SHA-256 as the host states them, for a file without those in the catalog. Call it after a click only.
 * Hugging Face answers a HEAD with `X-Linked-Size` and `X-Linked-Etag`, the SHA-256 of the stored object; the `ETag` is not a hash.
 * Undefined when it was canceled.
 */
export async function askHost(
	file: RemoteFile,
	signal: AbortSignal,
): Promise<
	Result<(Expected & { readonly host: string }) | undefined, HeadroomError>
> {
	const opened = await openRemote(file, {
		method: "HEAD",
		signal,
		accept: (response) =>
			response.statusCode === 200 ||
			response.headers["x-linked-etag"] !== undefined,
	});
	if (!opened.ok)
		return opened.error.kind === "cancelled"
			? success(undefined)
			: failure(opened.error.error);
	const { host, response } = opened.value;
	const { headers } = response;
	response.destroy();
	const sha256 = /^"([0-9a-f]{64})"$/i.exec(
		String(headers["x-linked-etag"] ?? ""),
	)?.[1];
	const sizeBytes = Number(headers["x-linked-size"]);
	return sha256 && Number.isSafeInteger(sizeBytes) && sizeBytes > 0
		? success({ host, sizeBytes, sha256: sha256.toLowerCase(), from: "host" })
		: failure(
				createError("downloadUnverifiable", { host, file: file.fileName }),
			);
}

function nextAddress(
	from: URL,
	location: string,
	allowedHosts: readonly string[],
): Result<URL, HeadroomError> {
	const target = URL.canParse(location, from.href)
		? new URL(location, from)
		: undefined;
	if (from.protocol === "https:" && target?.protocol === "http:")
		return failure(createError("downloadHost", { host: target.hostname }));
	// Only the host of a redirect is shown: the URL contains signatures.
	const parsed = parseAddress(target?.href ?? location, allowedHosts);
	return parsed.ok
		? parsed
		: failure(
				createError("downloadHost", { host: target?.hostname || "nowhere" }),
			);
}

function refused(error: HeadroomError): Result<never, OpenFailure> {
	return failure({ kind: "refused", error });
}

function connectionError(
	url: URL,
	{ party, why }: { readonly party: "host" | "proxy"; readonly why: string },
): HeadroomError {
	const host = url.hostname;
	return party === "proxy"
		? createError("downloadProxy", { host, why })
		: createError("downloadUnreachable", { host, why });
}

function statusError(
	{ hostname: host }: URL,
	{ fileName: file }: RemoteFile,
	status: number,
): HeadroomError {
	switch (status) {
		case 404:
		case 410:
			return createError("downloadNotFound", { host, file });
		case 401:
		case 403:
			return createError("downloadForbidden", { host, file });
		case 429:
			return createError("downloadTooMany", { host });
		default:
			return createError(
				status >= 500 ? "downloadHostFails" : "downloadUnexpected",
				{ host, status: String(status) },
			);
	}
}
