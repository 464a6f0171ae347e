/** Pure: which hosts a download may connect to, and how. */

import { failure, type Result, success } from "../../base/result.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";

const huggingFace = "https://huggingface.co";

/** Where Hugging Face keeps what it hosts: it redirects to one of several delivery networks under these domains. */
export const huggingFaceHosts: readonly string[] = [
	"huggingface.co",
	".huggingface.co",
	".hf.co",
];

/** `allowedHosts`: names of hosts; one that begins with a dot stands for all hosts below it. */
export function parseAddress(
	text: string,
	allowedHosts: readonly string[],
): Result<URL, HeadroomError> {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	const refuse = (why: string) =>
		failure(createError("downloadAddress", { url: text, why }));
	if (url === undefined) return refuse("it is not a URL");
	if (url.username !== "" || url.password !== "")
		return refuse("it holds a user name or password");
	if (
		url.protocol !== "https:" &&
		!(url.protocol === "http:" && isLoopback(url))
	)
		return refuse("only https is secure");
	if (!isAllowed(url.hostname, allowedHosts))
		return failure(createError("downloadHost", { host: url.hostname }));
	return success(url);
}

/** An HTTP proxy; user name and password may stand in the URL. */
export function parseProxy(text: string): Result<URL, HeadroomError> {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	return url && (url.protocol === "http:" || url.protocol === "https:")
		? success(url)
		: failure(createError("downloadProxyAddress", {}));
}

/** This machine, where http is as good as https. */
export function isLoopback({ hostname }: URL): boolean {
	return (
		hostname === "localhost" ||
		hostname === "[::1]" ||
		/^127(\.\d+){3}$/.test(hostname)
	);
}

/** The same file on a mirror of Hugging Face, which has the same paths below its own base URL. */
export function onMirror(url: string, mirror: string): string {
	return url.startsWith(`${huggingFace}/`)
		? mirror.replace(/\/+$/, "") + url.slice(huggingFace.length)
		: url;
}

/** Mirrors redirect to Hugging Face's own networks, so its hosts stay allowed. A mirror that is no URL is found when it is asked. */
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
