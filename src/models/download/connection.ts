/**
 * The only file that opens a connection: a test bans network modules everywhere else. It is called after a click of the user only, through
 * `remoteFile.ts`, which has checked the host.
 */

import http from "node:http";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import { failure, type Result, success } from "../../base/result.ts";
import { messageOf } from "../../protocol/errors.ts";
import { isLoopback } from "./hosts.ts";

export interface RemoteRequest {
	readonly method: "GET" | "HEAD";
	readonly url: URL;
	readonly headers: Readonly<Record<string, string>>;
	/** An HTTP proxy that supports CONNECT; not used for hosts on this machine. */
	readonly proxy: URL | undefined;
	readonly signal: AbortSignal;
	/** After so long without a byte, the connection counts as dropped. */
	readonly idleMs: number;
}

export type RemoteResponse = http.IncomingMessage;

export interface ConnectionProblem {
	readonly party: "host" | "proxy";
	readonly why: string;
}

/** Headers that identify neither user nor editor. Connections are not kept alive. */
const plainHeaders = {
	connection: "close",
	"user-agent": "headroom",
	accept: "*/*",
	"accept-encoding": "identity",
} as const;

/** Resolves with the response, whatever its status, and follows no redirects. The caller must read or destroy the body. */
export async function send(
	request: RemoteRequest,
): Promise<Result<RemoteResponse, ConnectionProblem>> {
	const { proxy, url, idleMs } = request;
	let socket: net.Socket | undefined;
	if (proxy && !isLoopback(url))
		try {
			socket = await tunnel(request, proxy);
		} catch (thrown) {
			return failure({ party: "proxy", why: messageOf(thrown) });
		}
	try {
		const outgoing = socket
			? overSocket(request, socket)
			: directly(request, url.protocol === "https:" ? https : http);
		return success(await head(outgoing, "response", idleMs));
	} catch (thrown) {
		return failure({ party: "host", why: messageOf(thrown) });
	}
}

/** Through `request`, which VS Code patches in the extension host, so that its proxy settings and certificates apply. */
function directly(
	{ method, url, headers, signal }: RemoteRequest,
	module: typeof http | typeof https,
): http.ClientRequest {
	return module.request(url, {
		method,
		headers: { ...plainHeaders, ...headers },
		signal,
	});
}

/** Bypasses the patched `request`, which would replace the proxy that is set here by its own. */
function overSocket(
	{ method, url, headers, signal }: RemoteRequest,
	socket: net.Socket,
): http.ClientRequest {
	return new http.ClientRequest({
		method,
		path: url.pathname + url.search,
		headers: { host: url.host, ...plainHeaders, ...headers },
		signal,
		createConnection: () =>
			url.protocol === "https:"
				? tls.connect({ socket, ...serverName(url) })
				: socket,
	});
}

async function tunnel(
	{ url, signal, idleMs }: RemoteRequest,
	proxy: URL,
): Promise<net.Socket> {
	const target = `${url.hostname}:${url.port || (url.protocol === "https:" ? 443 : 80)}`;
	const request = new http.ClientRequest({
		method: "CONNECT",
		path: target,
		headers: { host: target, ...authorization(proxy) },
		signal,
		createConnection: () =>
			proxy.protocol === "https:"
				? tls.connect({ ...address(proxy, 443), ...serverName(proxy) })
				: net.connect(address(proxy, 80)),
	});
	const response = await head(request, "connect", idleMs);
	if (response.statusCode === 200) return response.socket;
	response.socket.destroy();
	throw new Error(`it answered with HTTP ${response.statusCode}`);
}

function head(
	request: http.ClientRequest,
	event: "response" | "connect",
	idleMs: number,
): Promise<RemoteResponse> {
	return new Promise((resolve, reject) => {
		request.once(event, resolve);
		// Kept: an error after the start of the response surfaces when the body is read.
		request.on("error", reject);
		request.setTimeout(idleMs, () =>
			request.destroy(new Error("nothing came for too long")),
		);
		request.end();
	});
}

function authorization(proxy: URL): Record<string, string> {
	if (proxy.username === "") return {};
	const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
	return {
		"proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}`,
	};
}

function address(
	url: URL,
	defaultPort: number,
): { host: string; port: number } {
	return { host: withoutBrackets(url), port: Number(url.port || defaultPort) };
}

/** The server name for TLS; IP addresses are not allowed as one. */
function serverName(url: URL): { servername?: string; host: string } {
	const host = withoutBrackets(url);
	return net.isIP(host) ? { host } : { host, servername: host };
}

function withoutBrackets(url: URL): string {
	return url.hostname.replace(/^\[|\]$/g, "");
}
