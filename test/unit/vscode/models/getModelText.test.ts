import assert from "node:assert/strict";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { english } from "../../../../src/base/sentence.ts";
import {
	expectedOf,
	readCatalog,
} from "../../../../src/models/catalog/catalog.ts";
import { downloadSource } from "../../../../src/models/catalog/downloadSource.ts";
import type { DownloadState } from "../../../../src/models/catalog/downloadState.ts";
import { downloadStates } from "../../../../src/models/catalog/downloadState.ts";
import {
	type RankedModel,
	rankCatalog,
} from "../../../../src/models/choice/rankCatalog.ts";
import type { Device } from "../../../../src/protocol/device.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import {
	askQuestion,
	catalogRow,
	downloadQuestion,
	mayContinue,
	progressText,
} from "../../../../src/vscode/models/getModelText.ts";
import { assertGolden } from "../../../support/golden/golden.ts";

const file = path.resolve(
	import.meta.dirname,
	"../../../../media/catalog.json",
);
const gib = 2 ** 30;

const devices: readonly Device[] = [
	{
		id: "cuda0",
		name: "NVIDIA GeForce RTX 4060",
		kind: "discrete",
		totalBytes: 8 * gib,
		freeBytes: 7 * gib,
	},
	{
		id: "cpu",
		name: "RAM",
		kind: "cpu",
		totalBytes: 32 * gib,
		freeBytes: 24 * gib,
	},
];

async function offersHere(): Promise<readonly RankedModel[]> {
	const catalog = await readCatalog(file);
	assert.ok(catalog.ok);
	return rankCatalog(catalog.value, devices);
}

const absent: DownloadState = { kind: "none" };
const route = { proxy: "", mirror: "" };

describe("Get Model", () => {
	let ranking: readonly RankedModel[];
	before(async () => {
		ranking = await offersHere();
	});

	const offerOf = (kind: RankedModel["fit"]["kind"]) => {
		const ranked = ranking.find(({ fit }) => fit.kind === kind);
		assert.ok(ranked, kind);
		return ranked;
	};

	it("says of each model what it is, what it takes, whether it fits, and how fast", () => {
		const rows = ranking.map((ranked) => {
			const { label, description, detail } = catalogRow(
				ranked,
				absent,
				english,
			);
			return `${label}\n  ${description}\n  ${detail}`;
		});
		assertGolden("catalogRows", rows.join("\n"));
	});

	it("marks what is here already, and what was begun", () => {
		const ranked = offerOf("runs");
		const here = catalogRow(
			ranked,
			{ kind: "complete", file: "/m.gguf" },
			english,
		);
		assert.match(here.description, /^here already · .*fits/);
		assert.doesNotMatch(here.detail, /to download/);
		const begun = catalogRow(
			ranked,
			{ kind: "partial", doneBytes: gib },
			english,
		);
		assert.match(begun.detail, /1\.0 GB of .+ downloaded/);
	});

	it("names host, size, license and hash before it downloads", () => {
		for (const ranked of ranking) {
			const expected = expectedOf(ranked.entry);
			if (!expected) continue;
			const { host } = downloadSource(ranked.entry, route);
			const { title, detail } = downloadQuestion(
				ranked,
				host,
				expected,
				english,
			);
			assert.ok(title.includes(ranked.entry.name));
			for (const it of [
				"huggingface.co",
				"GB",
				ranked.entry.license.name,
				ranked.entry.license.url,
				"SHA-256 in Headroom's catalog",
			])
				if (it !== "GB" || expected.sizeBytes > gib)
					assert.ok(detail.includes(it), `${it} in ${detail}`);
		}
	});

	it("asks the host first where the catalog knows no hash, and then says whose it is", () => {
		const ranked = ranking.find(({ entry }) => !expectedOf(entry));
		assert.ok(ranked);
		const ask = askQuestion(ranked, "huggingface.co", english);
		assert.equal(ask.button, "Ask huggingface.co");
		assert.match(ask.detail, /nothing is downloaded yet/);
		assert.match(ask.detail, /about \d+\.\d GB/);
		const { detail } = downloadQuestion(
			ranked,
			"huggingface.co",
			{ sizeBytes: 9 * gib, sha256: "a".repeat(64), from: "host" },
			english,
		);
		assert.match(detail, /SHA-256 that huggingface\.co itself states/);
		assert.match(detail, /9\.0 GB/);
	});

	it("says first why one would rather not, and has another button for it", () => {
		const expected = {
			sizeBytes: gib,
			sha256: "a".repeat(64),
			from: "catalog",
		} as const;
		const fits = downloadQuestion(offerOf("runs"), "h", expected, english);
		assert.equal(fits.button, "Download");
		const refused = downloadQuestion(
			offerOf("doesNotFit"),
			"h",
			expected,
			english,
		);
		assert.equal(refused.button, "Download Anyway");
		assert.match(
			refused.detail,
			/^On this machine, .+ does not fit: .+ free 7\.0 GB\./,
		);
	});

	for (const [progress, expected] of [
		[
			{ kind: "downloading", doneBytes: 0, totalBytes: 2 * gib },
			"0 B of 2.0 GB (0 %)",
		],
		[
			{ kind: "downloading", doneBytes: gib / 2, totalBytes: 2 * gib },
			"512.0 MB of 2.0 GB (25 %)",
		],
		[
			{ kind: "checking", doneBytes: gib, totalBytes: 2 * gib },
			"verifying the part already downloaded: 1.0 GB of 2.0 GB",
		],
	] as const)
		it(`shows progress as "${expected}"`, () =>
			assert.equal(progressText(progress, english), expected));

	it("offers to resume after temporary errors, but not after a wrong file", () => {
		const why = "x";
		const host = "h";
		assert.ok(mayContinue(createError("downloadUnreachable", { host, why })));
		assert.ok(
			!mayContinue(
				createError("downloadHash", {
					file: "f",
					host,
					found: "a",
					expected: "b",
				}),
			),
		);
	});
});

describe("before the click", () => {
	const { connect } = net.Socket.prototype;
	let connections = 0;
	beforeEach(() => {
		connections = 0;
		net.Socket.prototype.connect = function () {
			connections++;
			this.destroy();
			return this;
		};
	});
	afterEach(() => {
		net.Socket.prototype.connect = connect;
	});

	it("nothing connects: listing, pricing and asking are done with what is here", async () => {
		const ranking = await offersHere();
		const states = await downloadStates(
			path.join(os.tmpdir(), "headroom-none"),
			ranking.map(({ entry }) => entry),
		);
		for (const [index, ranked] of ranking.entries()) {
			catalogRow(ranked, states[index] ?? absent, english);
			const { host } = downloadSource(ranked.entry, route);
			const expected = expectedOf(ranked.entry);
			if (expected) downloadQuestion(ranked, host, expected, english);
			else askQuestion(ranked, host, english);
		}
		assert.equal(connections, 0);
	});

	it("a connection would be seen", () => {
		net.connect(9, "127.0.0.1");
		assert.equal(connections, 1);
	});
});
