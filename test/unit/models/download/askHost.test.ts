import assert from "node:assert/strict";
import { askHost } from "../../../../src/models/download/remoteFile.ts";
import {
	type DownloadHost,
	startDownloadHost,
} from "../../../support/fakes/downloadHost.ts";

const hash = "0123456789abcdef".repeat(4);
const linked = {
	location: "https://cdn.evil.example/signed",
	"x-linked-size": "12345",
	"x-linked-etag": `"${hash.toUpperCase()}"`,
};

describe("askHost", () => {
	let host: DownloadHost;
	beforeEach(async () => {
		host = await startDownloadHost(Buffer.from("model"));
	});
	afterEach(() => host.close());

	const ask = (signal = new AbortController().signal) =>
		askHost(
			{ url: host.url, allowedHosts: ["127.0.0.1"], fileName: "model.gguf" },
			signal,
		);
	const codeOf = async () => {
		const answer = await ask();
		return answer.ok ? answer.value : answer.error.code;
	};

	it("takes size and hash from the first answer that has them, and follows no further", async () => {
		host.next(
			{ kind: "status", status: 307, headers: { location: "/renamed" } },
			{ kind: "status", status: 302, headers: linked },
		);
		assert.deepEqual(await ask(), {
			ok: true,
			value: {
				host: "127.0.0.1",
				sizeBytes: 12345,
				sha256: hash,
				from: "host",
			},
		});
		assert.deepEqual(
			host.requests.map(({ method, url }) => [method, url]),
			[
				["HEAD", "/org/model/resolve/main/model.gguf"],
				["HEAD", "/renamed"],
			],
		);
	});

	for (const [what, headers] of [
		["no hash", {}],
		["a hash of another kind", { ...linked, "x-linked-etag": '"abc"' }],
		["no size", { ...linked, "x-linked-size": "large" }],
		["a size of nothing", { ...linked, "x-linked-size": "0" }],
	] as const)
		it(`refuses a host that states ${what}`, async () => {
			host.next({ kind: "status", status: 200, headers });
			assert.equal(await codeOf(), "downloadUnverifiable");
		});

	it("answers with the sentences of a download", async () => {
		host.next({ kind: "status", status: 404 });
		assert.equal(await codeOf(), "downloadNotFound");
		host.next({
			kind: "status",
			status: 302,
			headers: { location: "https://evil.example/" },
		});
		assert.equal(await codeOf(), "downloadHost");
	});

	it("returns undefined when cancelled", async () => {
		assert.deepEqual(await ask(AbortSignal.abort()), {
			ok: true,
			value: undefined,
		});
		assert.equal(host.requests.length, 0);
	});
});
