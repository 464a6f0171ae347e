import assert from "node:assert/strict";
import fs, {
	existsSync,
	linkSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import {
	type DownloadProgress,
	type DownloadRequest,
	discardDownload,
	downloadModel,
} from "../../../../src/models/download/download.ts";
import { readInstallRecords } from "../../../../src/models/folder/installRecords.ts";
import { errorText } from "../../../../src/protocol/errors.ts";
import { openFile } from "../../../../src/storage/disk.ts";
import {
	type Behavior,
	type DownloadHost,
	startDownloadHost,
	startProxy,
} from "../../../support/fakes/downloadHost.ts";
import {
	assertOrderly,
	fullAfter,
	randomModelBytes,
} from "../../../support/models/ownModelsFolder.ts";
import { sha256 } from "../../../support/sha256.ts";

const model = randomModelBytes(1);
const other = randomModelBytes(2);
const half = Math.floor(model.length / 2);
const drop: Behavior = { kind: "drop", afterBytes: half };

describe("downloadModel", () => {
	let folder: string;
	let host: DownloadHost;
	let pauses: number[];
	/** How much was there before each pause: what was on its way when a connection dropped may be lost. */
	let doneAtPauses: number[];
	let done: number;
	beforeEach(async () => {
		folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
		host = await startDownloadHost(model);
		pauses = [];
		doneAtPauses = [];
		done = 0;
	});
	afterEach(async () => {
		await host.close();
		assertOrderly(folder);
		rmSync(folder, { recursive: true });
	});

	const at = (name: string) => path.join(folder, name);
	const there = () => readdirSync(folder).sort();
	const request = (
		changes: Partial<DownloadRequest> = {},
	): DownloadRequest => ({
		url: host.url,
		allowedHosts: ["127.0.0.1"],
		expected: {
			sizeBytes: model.length,
			sha256: sha256(model),
			from: "catalog",
		},
		folder,
		fileName: "model.gguf",
		signal: new AbortController().signal,
		sleep: async (ms) => {
			pauses.push(ms);
			doneAtPauses.push(done);
		},
		...changes,
		onProgress: (progress) => {
			done = progress.doneBytes;
			changes.onProgress?.(progress);
		},
	});
	const succeeds = async (changes?: Partial<DownloadRequest>) => {
		assert.deepEqual(await downloadModel(request(changes)), {
			ok: true,
			value: { kind: "downloaded", file: at("model.gguf") },
		});
		assert.ok(readFileSync(at("model.gguf")).equals(model));
		assert.deepEqual(there(), ["model.gguf", "models.json"]);
	};
	const failsWith = async (
		code: string,
		changes?: Partial<DownloadRequest>,
	): Promise<string> => {
		const result = await downloadModel(request(changes));
		assert.ok(!result.ok, "it failed");
		assert.equal(result.error.code, code, errorText(result.error));
		assert.ok(!existsSync(at("model.gguf")));
		return errorText(result.error);
	};
	/** Fetches the first half, and ends there. */
	const leaveHalf = async () => {
		host.next({ kind: "stall", afterBytes: half });
		const controller = new AbortController();
		const result = await downloadModel(
			request({
				signal: controller.signal,
				onProgress: ({ doneBytes }) => {
					if (doneBytes === half) controller.abort();
				},
			}),
		);
		assert.deepEqual(result, { ok: true, value: { kind: "cancelled" } });
		assert.deepEqual(there(), ["model.gguf.part", "model.gguf.part.json"]);
		assert.equal(statSync(at("model.gguf.part")).size, half);
	};
	const ranges = () => host.requests.map(({ headers }) => headers.range);

	it("fetches, checks, names and lists a model", async () => {
		const progress: DownloadProgress[] = [];
		await succeeds({ onProgress: (it) => progress.push(it) });
		assert.deepEqual(progress.at(-1), {
			kind: "downloading",
			doneBytes: model.length,
			totalBytes: model.length,
		});
		const records = await readInstallRecords(folder);
		assert.ok(records.ok);
		const [{ addedAt, ...entry } = { addedAt: "" }] = records.value;
		assert.deepEqual(entry, {
			fileName: "model.gguf",
			sizeBytes: model.length,
			sha256: sha256(model),
			how: "downloaded",
			source: host.url,
		});
	});

	it("sends nothing that identifies the user", async () => {
		await succeeds();
		const [{ headers } = { headers: {} }] = host.requests;
		assert.deepEqual(
			{ ...headers, host: "" },
			{
				"user-agent": "headroom",
				accept: "*/*",
				"accept-encoding": "identity",
				connection: "close",
				host: "",
			},
		);
	});

	it("finds the same file there, and asks nobody", async () => {
		await succeeds();
		assert.deepEqual(await downloadModel(request()), {
			ok: true,
			value: { kind: "alreadyThere", file: at("model.gguf") },
		});
		assert.equal(host.requests.length, 1);
	});

	it("never replaces another file of that name", async () => {
		writeFileSync(at("model.gguf"), other);
		const result = await downloadModel(request());
		assert.equal(!result.ok && result.error.code, "modelNameTaken");
		assert.ok(readFileSync(at("model.gguf")).equals(other));
		assert.equal(host.requests.length, 0);
	});

	describe("resumes", () => {
		it("after dropped connections, with growing pauses", async () => {
			host.next(drop, { kind: "drop", afterBytes: 1000 });
			await succeeds();
			const [first = 0, second = 0] = doneAtPauses;
			assert.ok(0 < first && first <= half);
			assert.ok(first <= second && second <= first + 1000);
			assert.deepEqual(ranges(), [
				undefined,
				`bytes=${first}-`,
				`bytes=${second}-`,
			]);
			assert.equal(host.requests[1]?.headers["if-range"], '"first"');
			assert.deepEqual(pauses, [1000, 2000]);
		});

		it("after a connection that stalled", async () => {
			host.next({ kind: "stall", afterBytes: half });
			await succeeds({ idleMs: 500 });
			assert.deepEqual(ranges(), [undefined, `bytes=${doneAtPauses[0]}-`]);
		});

		it("after it was cancelled", async () => {
			await leaveHalf();
			const progress: DownloadProgress[] = [];
			await succeeds({ onProgress: (it) => progress.push(it) });
			assert.deepEqual(ranges(), [undefined, `bytes=${half}-`]);
			assert.deepEqual(progress[0], {
				kind: "checking",
				doneBytes: half,
				totalBytes: model.length,
			});
		});

		it("when it was cancelled in a pause", async () => {
			host.next(drop);
			const controller = new AbortController();
			const result = await downloadModel(
				request({
					signal: controller.signal,
					sleep: async () => controller.abort(),
				}),
			);
			assert.deepEqual(result, { ok: true, value: { kind: "cancelled" } });
			const { size } = statSync(at("model.gguf.part"));
			await succeeds();
			assert.deepEqual(ranges(), [undefined, `bytes=${size}-`]);
		});

		it("when it was cancelled while hashing the existing bytes", async () => {
			await leaveHalf();
			const controller = new AbortController();
			const result = await downloadModel(
				request({
					signal: controller.signal,
					onProgress: () => controller.abort(),
				}),
			);
			assert.deepEqual(result, { ok: true, value: { kind: "cancelled" } });
			await succeeds();
			assert.deepEqual(ranges(), [undefined, `bytes=${half}-`]);
		});

		it("when all was there but its name, without a request", async () => {
			await leaveHalf();
			writeFileSync(at("model.gguf.part"), model);
			await succeeds();
			assert.equal(host.requests.length, 1);
		});

		it("on another host of the same file, whose validators it does not know", async () => {
			await leaveHalf();
			await succeeds({ url: host.url.replace("model/", "mirror/") });
			assert.equal(host.requests[1]?.headers.range, `bytes=${half}-`);
			assert.equal(host.requests[1]?.headers["if-range"], undefined);
		});
	});

	describe("starts over", () => {
		const cases: readonly (readonly [string, () => void])[] = [
			["where the host knows no ranges", () => host.next({ kind: "noRange" })],
			["where the ETag changed", () => host.replace(model, '"second"')],
			[
				"where the ETag changed and the host does not know If-Range",
				() => {
					host.replace(model, '"second"');
					host.next({ kind: "ignoreIfRange" });
				},
			],
			[
				"where the part has lost its description",
				() => rmSync(at("model.gguf.part.json")),
			],
			[
				"where the description is broken",
				() => writeFileSync(at("model.gguf.part.json"), '{"url": "http'),
			],
			[
				"where the description is of another file",
				() =>
					writeFileSync(
						at("model.gguf.part.json"),
						JSON.stringify({
							url: host.url,
							sizeBytes: model.length,
							sha256: sha256(other),
							validator: null,
						}),
					),
			],
			[
				"where the part is too long",
				() => fs.truncateSync(at("model.gguf.part"), model.length + 1),
			],
		];
		for (const [when, change] of cases)
			it(when, async () => {
				await leaveHalf();
				// What is there is wrong from its first byte: none of it may stay.
				fs.writeFileSync(
					at("model.gguf.part"),
					other.subarray(0, statSync(at("model.gguf.part")).size),
				);
				change();
				await succeeds();
			});

		for (const [what, plant] of [
			["a symbolic link", (to: string, part: string) => symlinkSync(to, part)],
			["a hard link", (to: string, part: string) => linkSync(to, part)],
			[
				"a link to nothing",
				(to: string, part: string) => symlinkSync(`${to}.gone`, part),
			],
		] as const)
			it(`and never writes through ${what} in place of the part`, async () => {
				await leaveHalf();
				const precious = mkdtempSync(path.join(os.tmpdir(), "headroom-home-"));
				const target = path.join(precious, "authorized_keys");
				writeFileSync(target, model.subarray(0, half));
				rmSync(at("model.gguf.part"));
				plant(target, at("model.gguf.part"));
				await succeeds();
				assert.deepEqual(readdirSync(precious), ["authorized_keys"]);
				assert.equal(statSync(target).size, half);
				rmSync(precious, { recursive: true });
			});

		it("when a part was changed on the disk, detected by its hash", async () => {
			await leaveHalf();
			writeFileSync(at("model.gguf.part"), other.subarray(0, half));
			await failsWith("downloadHash");
			assert.deepEqual(there(), []);
			await succeeds();
		});
	});

	describe("reports an error", () => {
		it("where the connection drops again and again, and can go on later", async () => {
			host.next(
				drop,
				...Array.from(
					{ length: 5 },
					() => ({ kind: "drop", afterBytes: 0 }) as const,
				),
			);
			const text = await failsWith("downloadBroken");
			assert.match(
				text,
				/interrupted after .* KB of .* KB .*resumes where it stopped/,
			);
			assert.deepEqual(pauses, [1000, 2000, 5000, 15_000, 30_000]);
			const { size } = statSync(at("model.gguf.part"));
			assert.ok(size > 0);
			await succeeds();
			assert.equal(ranges().at(-1), `bytes=${size}-`);
		});

		it("where the host cannot be reached at all, at once", async () => {
			await host.close();
			const text = await failsWith("downloadUnreachable");
			assert.match(text, /127\.0\.0\.1/);
			assert.deepEqual(pauses, []);
			host = await startDownloadHost(model);
		});

		it("where the hash is wrong, and keeps nothing", async () => {
			const wrong = Buffer.from(model);
			wrong[half] = (wrong[half] ?? 0) ^ 1;
			host.replace(wrong, '"first"');
			const text = await failsWith("downloadHash");
			assert.match(
				text,
				new RegExp(`${sha256(wrong)} instead of ${sha256(model)}`),
			);
			assert.deepEqual(there(), []);
		});

		const liars: readonly (readonly [string, Uint8Array])[] = [
			["more", Buffer.concat([model, Buffer.alloc(100)])],
			["fewer", model.subarray(0, half)],
		];
		for (const [which, body] of liars) {
			it(`where the host announces ${which} bytes`, async () => {
				host.replace(body, '"first"');
				const text = await failsWith("downloadSize");
				assert.match(text, new RegExp(`${body.length} bytes`));
				assert.deepEqual(there(), []);
			});
			it(`where the host sends ${which} bytes without a word`, async () => {
				host.next({ kind: "chunked", body });
				await failsWith("downloadSize");
				assert.deepEqual(there(), []);
			});
			it(`where the host has ${which} bytes when asked for the rest`, async () => {
				await leaveHalf();
				host.replace(body, '"first"');
				await failsWith("downloadSize");
				assert.deepEqual(there(), []);
			});
		}

		it("where the file is no model, and keeps nothing", async () => {
			const text = Buffer.from("<html>Sign in to go on</html>");
			host.replace(text, undefined);
			const sentence = await failsWith("modelNotGguf", {
				expected: {
					sizeBytes: text.length,
					sha256: sha256(text),
					from: "host",
				},
			});
			assert.doesNotMatch(sentence, /\.part/);
			assert.deepEqual(there(), []);
		});

		const statuses: readonly (readonly [number, string])[] = [
			[404, "downloadNotFound"],
			[401, "downloadForbidden"],
			[403, "downloadForbidden"],
			[429, "downloadTooMany"],
			[500, "downloadHostFails"],
			[503, "downloadHostFails"],
			[418, "downloadUnexpected"],
			[304, "downloadUnexpected"],
		];
		for (const [status, code] of statuses)
			it(`where the host answers with ${status}, and keeps what was there`, async () => {
				await leaveHalf();
				host.next({ kind: "status", status });
				await failsWith(code);
				await succeeds();
				assert.equal(ranges().at(-1), `bytes=${half}-`);
			});

		it("where the disk has too little room, before it asks the host", async () => {
			const text = await failsWith("diskTooSmall", {
				freeBytes: async () => model.length - 1,
			});
			assert.match(text, /KB free/);
			assert.equal(host.requests.length, 0);
		});

		it("but not where what is there already makes up for it", async () => {
			await leaveHalf();
			await succeeds({ freeBytes: async () => model.length - half });
		});

		it("where the disk becomes full, and goes on when there is room", async () => {
			const text = await failsWith("diskFull", {
				open: async (file, flags) =>
					fullAfter(await openFile(file, flags), 50_000),
			});
			assert.match(text, /Free some space/);
			assert.equal(statSync(at("model.gguf.part")).size, 50_000);
			await succeeds();
			assert.equal(ranges().at(-1), "bytes=50000-");
		});

		it("where the folder cannot be created", async () => {
			writeFileSync(at("file"), "");
			await failsWith("folderUnusable", { folder: at("file") });
			rmSync(at("file"));
		});

		it("where the list of models is damaged, before it asks the host", async () => {
			writeFileSync(at("models.json"), "{}");
			await failsWith("installRecordsUnreadable");
			assert.equal(host.requests.length, 0);
			rmSync(at("models.json"));
		});
	});

	describe("redirects", () => {
		const to = (location: string) =>
			({ kind: "status", status: 302, headers: { location } }) as const;

		it("are followed to an allowed host, relative ones too", async () => {
			const network = await startDownloadHost(model);
			host.next(
				to("/elsewhere"),
				to(network.url.replace("127.0.0.1", "localhost")),
			);
			await succeeds({ allowedHosts: ["127.0.0.1", "localhost"] });
			assert.equal(network.requests.length, 1);
			await network.close();
		});

		const refused: readonly (readonly [string, string])[] = [
			["another host", "https://evil.example/model.gguf"],
			["a host whose name ends alike", "https://not127.0.0.1.evil.example/"],
			["another host of this machine", "http://localhost:9/model.gguf"],
			["a host without encryption", "http://huggingface.co/model.gguf"],
			["a file", "file:///etc/passwd"],
			["an address with a password", "https://me:secret@huggingface.co/"],
			["nothing", "http://"],
		];
		for (const [where, location] of refused)
			it(`to ${where} are refused, with its name`, async () => {
				host.next(to(location));
				const text = await failsWith("downloadHost", {
					allowedHosts: ["127.0.0.1", "huggingface.co"],
				});
				const { hostname } = URL.canParse(location)
					? new URL(location)
					: { hostname: "nowhere" };
				assert.ok(text.includes(hostname || "nowhere"), text);
				assert.equal(host.requests.length, 1);
			});

		it("that never end are refused", async () => {
			host.next(...Array.from({ length: 9 }, () => to(host.url)));
			await failsWith("downloadRedirects");
			assert.equal(host.requests.length, 6);
		});

		for (const [url, code] of [
			["http://huggingface.co/model.gguf", "downloadAddress"],
			["ftp://127.0.0.1/model.gguf", "downloadAddress"],
			["not a url", "downloadAddress"],
			["https://evil.example/model.gguf", "downloadHost"],
			["https://evilhf.co/model.gguf", "downloadHost"],
		] as const)
			it(`are not even asked for at ${url}`, async () => {
				await failsWith(code, {
					url,
					allowedHosts: ["huggingface.co", ".hf.co", "127.0.0.1"],
				});
			});
	});

	describe("two downloads at once", () => {
		it("of the same file: the second is refused", async () => {
			host.next({ kind: "stall", afterBytes: half });
			const controller = new AbortController();
			let begun = () => {};
			const beginning = new Promise<void>((resolve) => {
				begun = resolve;
			});
			const first = downloadModel(
				request({ signal: controller.signal, onProgress: begun }),
			);
			await beginning;
			await failsWith("downloadRunning");
			assert.equal(
				(await discardDownload({ folder, fileName: "model.gguf" })).ok,
				false,
			);
			controller.abort();
			await first;
			await succeeds();
		});

		it("where the first has ended without a word: it may begin", async () => {
			writeFileSync(at("model.gguf.lock"), "999999999");
			await succeeds();
		});
	});

	it("discards a partial download", async () => {
		await leaveHalf();
		assert.ok((await discardDownload({ folder, fileName: "model.gguf" })).ok);
		assert.deepEqual(there(), []);
	});

	it("does nothing when it is cancelled from the start", async () => {
		const result = await downloadModel(
			request({ signal: AbortSignal.abort() }),
		);
		assert.deepEqual(result, { ok: true, value: { kind: "cancelled" } });
		assert.equal(host.requests.length, 0);
	});
});

describe("downloadModel over https", () => {
	const environment: { NODE_TLS_REJECT_UNAUTHORIZED?: string } = process.env;
	let folder: string;
	let host: DownloadHost;
	beforeEach(async () => {
		folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
		host = await startDownloadHost(model, { secure: true });
	});
	afterEach(async () => {
		delete environment.NODE_TLS_REJECT_UNAUTHORIZED;
		await host.close();
		assertOrderly(folder);
		rmSync(folder, { recursive: true });
	});
	const request = (url: string, proxy?: string): DownloadRequest => ({
		url,
		...(proxy !== undefined && { proxy }),
		allowedHosts: ["127.0.0.1", "models.example"],
		expected: {
			sizeBytes: model.length,
			sha256: sha256(model),
			from: "catalog",
		},
		folder,
		fileName: "model.gguf",
		signal: new AbortController().signal,
		sleep: async () => {},
	});
	const errorOf = async (request: DownloadRequest) => {
		const result = await downloadModel(request);
		assert.ok(!result.ok);
		return errorText(result.error);
	};
	const trustAll = () => {
		environment.NODE_TLS_REJECT_UNAUTHORIZED = "0";
	};

	it("rejects an untrusted certificate", async () => {
		assert.match(
			await errorOf(request(host.url)),
			/Could not reach .*: self.signed certificate/,
		);
		assert.equal(host.requests.length, 0);
	});

	it("never goes from https to http", async () => {
		trustAll();
		const plain = await startDownloadHost(model);
		host.next({
			kind: "status",
			status: 302,
			headers: { location: plain.url },
		});
		assert.match(await errorOf(request(host.url)), /refused/);
		assert.equal(plain.requests.length, 0);
		await plain.close();
	});

	it("goes through a proxy, and tells it who it is", async () => {
		trustAll();
		const proxy = await startProxy(host.port);
		host.next({ kind: "drop", afterBytes: half });
		const result = await downloadModel(
			request(
				"https://models.example/model.gguf",
				proxy.url.replace("http://", "http://me:pass%20word@"),
			),
		);
		assert.ok(result.ok && result.value.kind === "downloaded");
		assert.deepEqual(
			proxy.connects,
			Array(2).fill({
				target: "models.example:443",
				authorization: `Basic ${Buffer.from("me:pass word").toString("base64")}`,
			}),
		);
		assert.match(host.requests[1]?.headers.range ?? "", /^bytes=[1-9]\d+-$/);
		assert.equal(host.requests[1]?.headers.host, "models.example");
		assert.equal(
			host.requests[1]?.headers["proxy-authorization"],
			undefined,
			"the host never learns of it",
		);
		await proxy.close();
	});

	it("still checks the host's certificate behind a proxy", async () => {
		const proxy = await startProxy(host.port);
		assert.match(
			await errorOf(request("https://models.example/model.gguf", proxy.url)),
			/Could not reach models\.example: self.signed certificate/,
		);
		await proxy.close();
	});

	it("reports the answer of a proxy that refuses", async () => {
		const proxy = await startProxy("refuse");
		assert.match(
			await errorOf(request("https://models.example/model.gguf", proxy.url)),
			/proxy could not connect to models\.example: it answered with HTTP 407/,
		);
		await proxy.close();
		assert.match(
			await errorOf(request("https://models.example/model.gguf", proxy.url)),
			/proxy could not connect/,
		);
		assert.match(
			await errorOf(request("https://models.example/model.gguf", "socks://x")),
			/must begin with http/,
		);
	});

	it("uses no proxy for this machine", async () => {
		trustAll();
		const result = await downloadModel(request(host.url, "http://127.0.0.1:9"));
		assert.ok(result.ok);
	});
});
