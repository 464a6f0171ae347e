/** A host of model files on this machine, which behaves badly on demand, and proxies in front of it. */

import http from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import { testCertificate, testKey } from "../testCertificate.ts";

/** How one request is answered. */
export type Behavior =
	/** As it should be: `Range` and `If-Range` are known. */
	| { readonly kind: "serve" }
	| { readonly kind: "noRange" }
	/** The range is served although `If-Range` names something else. */
	| { readonly kind: "ignoreIfRange" }
	/** The connection is destroyed after so many bytes of the body. */
	| { readonly kind: "drop"; readonly afterBytes: number }
	/** Nothing comes any more after so many bytes. */
	| { readonly kind: "stall"; readonly afterBytes: number }
	/** Without a length in its head, and with these bytes. */
	| { readonly kind: "chunked"; readonly body: Uint8Array }
	| {
			readonly kind: "status";
			readonly status: number;
			readonly headers?: http.OutgoingHttpHeaders;
	  };

export interface DownloadHost {
	readonly port: number;
	readonly url: string;
	readonly requests: readonly http.IncomingMessage[];
	/** What is served from now on. */
	replace(bytes: Uint8Array, etag: string | undefined): void;
	/** For the next requests, in this order; then all are served. */
	next(...behaviors: readonly Behavior[]): void;
	close(): Promise<void>;
}

const withCertificate = { key: testKey, cert: testCertificate };

export async function startDownloadHost(
	bytes: Uint8Array,
	{
		etag = '"first"',
		secure = false,
	}: { readonly etag?: string | undefined; readonly secure?: boolean } = {},
): Promise<DownloadHost> {
	let content = { bytes, etag: etag as string | undefined };
	let behaviors: readonly Behavior[] = [];
	const requests: http.IncomingMessage[] = [];
	const onRequest: http.RequestListener = (request, response) => {
		requests.push(request);
		const [behavior = { kind: "serve" } as const, ...rest] = behaviors;
		behaviors = rest;
		answer(behavior, content, request, response);
	};
	const server = secure
		? https.createServer(withCertificate, onRequest)
		: http.createServer(onRequest);
	await listening(server);
	const { port } = server.address() as AddressInfo;
	return {
		port,
		url: `${secure ? "https" : "http"}://127.0.0.1:${port}/org/model/resolve/main/model.gguf`,
		requests,
		replace(bytes, etag) {
			content = { bytes, etag };
		},
		next(...next) {
			behaviors = next;
		},
		close: () => closed(server),
	};
}

function answer(
	behavior: Behavior,
	{ bytes, etag }: { bytes: Uint8Array; etag: string | undefined },
	{ headers, method }: http.IncomingMessage,
	response: http.ServerResponse,
): void {
	if (behavior.kind === "status") {
		response.writeHead(behavior.status, behavior.headers).end();
		return;
	}
	if (behavior.kind === "chunked") {
		response.writeHead(200, { "transfer-encoding": "chunked" });
		response.end(behavior.body);
		return;
	}
	const asked = /^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1];
	const sameFile =
		behavior.kind === "ignoreIfRange" ||
		headers["if-range"] === undefined ||
		headers["if-range"] === etag;
	const from =
		asked !== undefined && sameFile && behavior.kind !== "noRange"
			? Number(asked)
			: undefined;
	if (from !== undefined && from >= bytes.length) {
		response.writeHead(416, { "content-range": `bytes */${bytes.length}` });
		response.end();
		return;
	}
	const body = bytes.subarray(from ?? 0);
	response.writeHead(from === undefined ? 200 : 206, {
		"content-length": body.length,
		...(etag === undefined ? {} : { etag }),
		...(from !== undefined && {
			"content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
		}),
	});
	if (method === "HEAD") response.end();
	else if (behavior.kind === "drop")
		response.write(body.subarray(0, behavior.afterBytes), () =>
			response.destroy(),
		);
	else if (behavior.kind === "stall")
		response.write(body.subarray(0, behavior.afterBytes));
	else response.end(body);
}

export interface TestProxy {
	readonly url: string;
	/** The requested hosts, and what the requests revealed about the client. */
	readonly connects: readonly { target: string; authorization?: string }[];
	close(): Promise<void>;
}

/** A proxy that leads every CONNECT to one port of this machine, or refuses it. */
export async function startProxy(to: number | "refuse"): Promise<TestProxy> {
	const connects: { target: string; authorization?: string }[] = [];
	const sockets = new Set<net.Socket>();
	const server = http.createServer((_, response) => {
		response.writeHead(400).end();
	});
	server.on("connect", (request: http.IncomingMessage, client: net.Socket) => {
		const authorization = request.headers["proxy-authorization"];
		connects.push({
			target: request.url ?? "",
			...(authorization !== undefined && { authorization }),
		});
		if (to === "refuse") {
			client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
			return;
		}
		const upstream = net.connect(to, "127.0.0.1", () => {
			client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
			upstream.pipe(client).pipe(upstream);
		});
		for (const socket of [client, upstream]) {
			sockets.add(socket);
			socket.on("error", () => socket.destroy());
		}
	});
	await listening(server);
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		connects,
		close: () => {
			for (const socket of sockets) socket.destroy();
			return closed(server);
		},
	};
}

function listening(server: http.Server): Promise<void> {
	return new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
}

function closed(server: http.Server): Promise<void> {
	return new Promise((resolve) => {
		server.close(() => resolve());
		server.closeAllConnections();
	});
}
