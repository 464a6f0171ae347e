/** Decides which hosts a download may connect to, and by which protocol. Pure. */

import { failure, type Result, success } from "../../base/result.ts";
import { type Phrase, phrase } from "../../base/sentence.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";

const huggingFace = "https://huggingface.co";

/** Hugging Face redirects downloads to one of several delivery networks under these domains. */
export const huggingFaceHosts: readonly string[] = [
	"huggingface.co",
	".huggingface.co",
	".hf.co",
];

/** `allowedHosts`: host names; one that begins with a dot stands for all of its subdomains. */
export function parseAddress(
	text: string,
	allowedHosts: readonly string[],
): Result<URL, HeadroomError> {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	const refuse = (why: Phrase) =>
		failure(createError("downloadAddress", { url: text, why }));
	if (url === undefined) return refuse(phrase("it is not a URL", {}));
	if (url.username !== "" || url.password !== "")
		return refuse(phrase("it holds a user name or password", {}));
	if (
		url.protocol !== "https:" &&
		!(url.protocol === "http:" && isLoopback(url))
	)
		return refuse(phrase("only https is secure", {}));
	if (!isAllowed(url.hostname, allowedHosts))
		return failure(createError("downloadHost", { host: url.hostname }));
	return success(url);
}

/** An HTTP proxy; the URL may contain user name and password. */
export function parseProxy(text: string): Result<URL, HeadroomError> {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	return url && (url.protocol === "http:" || url.protocol === "https:")
		? success(url)
		: failure(createError("downloadProxyAddress", {}));
}

/** This machine, to which http is allowed. */
export function isLoopback({ hostname }: URL): boolean {
	return (
		hostname === "localhost" ||
		hostname === "[::1]" ||
		/^127(\.\d+){3}$/.test(hostname)
	);
}

/** The URL of the same file on a mirror of Hugging Face, which has the same paths below its base URL. */
export function onMirror(url: string, mirror: string): string {
	return url.startsWith(`${huggingFace}/`)
		? mirror.replace(/(?<!\/)\/+$/, "") + url.slice(huggingFace.length)
		: url;
}

/** Mirrors redirect to Hugging Face's networks, so its hosts stay allowed. An invalid URL of a mirror is reported by the request. */
export function hostsWithMirror(mirror: string): readonly string[] {
	return URL.canParse(mirror)
		? [...huggingFaceHosts, new URL(mirror).hostname]
		: huggingFaceHosts;
}

function isAllowed(host: string, allowedHosts: readonly string[]): boolean {
	return allowedHosts.some((allowed) =>
		allowed.startsWith(".") ? host.endsWith(allowed) : host === allowed,
	);
}
