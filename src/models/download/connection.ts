/**
 * The one place of the product that opens a connection: a test allows the modules of the network in no other file. Only what a user
 * clicked on comes here, by way of `remoteFile.ts`, which has checked the host.
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
	/** An HTTP proxy that knows CONNECT; it is never asked for hosts on this machine. */
	readonly proxy: URL | undefined;
	readonly signal: AbortSignal;
	/** After so long without a byte the connection counts as dropped. */
	readonly idleMs: number;
}

export type RemoteResponse = http.IncomingMessage;

export interface ConnectionProblem {
	readonly party: "host" | "proxy";
	readonly why: string;
}

/** Says what is asked for and nothing of who asks. No connection outlives its answer, to be found dead by the next request. */
const plainHeaders = {
	connection: "close",
	"user-agent": "headroom",
	accept: "*/*",
	"accept-encoding": "identity",
} as const;

/** Answers with the head of the response, whatever its status; redirects are not followed. The body is still to be read or destroyed. */
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

/** Through `request`, which VS Code replaces by its own in the extension host: its proxy settings and certificates then hold here too. */
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

/** Past that `request`, which would put its own proxy in the place of the one that is set here. */
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
		// Stays, for a request that fails after its response began: that is seen when the body is read.
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

/** What the certificate must be for; an address of numbers is no name. */
function serverName(url: URL): { servername?: string; host: string } {
	const host = withoutBrackets(url);
	return net.isIP(host) ? { host } : { host, servername: host };
}

function withoutBrackets(url: URL): string {
	return url.hostname.replace(/^\[|\]$/g, "");
}
