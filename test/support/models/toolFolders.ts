/** Temporary folders with valid model files of some hundred bytes, laid out as other tools (Ollama, Hugging Face) do it. */

import {
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { sha256 } from "../sha256.ts";
import {
	type WritableTensor,
	type WritableValue,
	writeGguf,
} from "./ggufWriter.ts";

const width = 32;
const elementBytes = 4;

const uint32 = (value: number): WritableValue => ({ type: "uint32", value });
export const text = (value: string): WritableValue => ({
	type: "string",
	value,
});

/** The smallest model whose memory can be priced: one layer, `vocabulary` tokens, weights of zero. */
export function minimalModelBytes(
	name: string,
	metadata: Readonly<Record<string, WritableValue>> = {},
	vocabulary = 4,
	moreTensors: readonly WritableTensor[] = [],
): Buffer {
	return writeGguf({
		metadata: {
			"general.architecture": text("qwen2"),
			"general.name": text(name),
			"qwen2.block_count": uint32(1),
			"qwen2.embedding_length": uint32(width),
			"qwen2.feed_forward_length": uint32(width),
			"qwen2.context_length": uint32(4096),
			"qwen2.attention.head_count": uint32(2),
			"tokenizer.ggml.model": text("gpt2"),
			...metadata,
		},
		tensors: [
			{
				name: "token_embd.weight",
				shape: [width, vocabulary],
				typeId: 0,
				offsetBytes: 0,
			},
			...moreTensors,
		],
		dataBytes: width * vocabulary * elementBytes,
	});
}

/** The same model in two parts: the first with the metadata and the embedding, the second with one matrix of the layer. */
export function splitModelBytes(name: string): readonly [Buffer, Buffer] {
	const split = (number: number): Record<string, WritableValue> => ({
		"split.no": uint32(number),
		"split.count": uint32(2),
	});
	return [
		minimalModelBytes(name, split(0)),
		writeGguf({
			metadata: split(1),
			tensors: [
				{
					name: "blk.0.attn_k.weight",
					shape: [width, width],
					typeId: 0,
					offsetBytes: 0,
				},
			],
			dataBytes: width * width * elementBytes,
		}),
	];
}

export interface TestFolder {
	readonly folder: string;
	/** Absolute, of parts below the folder. */
	at(...parts: string[]): string;
	/** Makes the folders on the way; gives the absolute path. */
	write(file: string, content: string | Buffer): string;
	/** As `ollama pull` leaves it; gives the path of the blob. */
	pullOllama(store: string, name: string, model: Buffer): string;
	/** As `hf download` leaves it; gives the path in the snapshot. */
	downloadHuggingFace(
		hub: string,
		repository: string,
		file: string,
		model: Buffer,
	): string;
	/** Every path with what it is: links with their target, files with the digest of their bytes. */
	tree(): Readonly<Record<string, string>>;
	remove(): void;
}

export function testFolder(): TestFolder {
	const folder = mkdtempSync(path.join(tmpdir(), "headroom-models-"));
	const at = (...parts: string[]) => path.join(folder, ...parts);
	const write = (file: string, content: string | Buffer) => {
		const target = at(file);
		mkdirSync(path.dirname(target), { recursive: true });
		writeFileSync(target, content);
		return target;
	};
	return {
		folder,
		at,
		write,
		pullOllama(store, name, model) {
			const [repository = "", tag = ""] = name.split(":");
			const parts = repository.split("/");
			const place = [
				...["registry.ollama.ai", "library"].slice(0, 3 - parts.length),
				...parts,
				tag,
			];
			write(
				path.join(store, "manifests", ...place),
				JSON.stringify(ollamaManifest(sha256(model))),
			);
			return write(path.join(store, "blobs", `sha256-${sha256(model)}`), model);
		},
		downloadHuggingFace(hub, repository, file, model) {
			const home = path.join(hub, `models--${repository.replace("/", "--")}`);
			const revision = "0123456789abcdef0123456789abcdef01234567";
			write(path.join(home, "refs", "main"), revision);
			const blob = write(path.join(home, "blobs", sha256(model)), model);
			const link = at(home, "snapshots", revision, file);
			mkdirSync(path.dirname(link), { recursive: true });
			symlinkSync(path.relative(path.dirname(link), blob), link);
			return link;
		},
		tree: () => treeOf(folder),
		remove: () => rmSync(folder, { recursive: true, force: true }),
	};
}

export function ollamaManifest(
	digest: string,
	otherLayers: readonly string[] = [],
) {
	const layer = (kind: string, hex: string) => ({
		mediaType: `application/vnd.ollama.image.${kind}`,
		digest: `sha256:${hex}`,
		size: 1,
	});
	return {
		schemaVersion: 2,
		mediaType: "application/vnd.docker.distribution.manifest.v2+json",
		config: {
			mediaType: "application/vnd.docker.container.image.v1+json",
			digest: `sha256:${"0".repeat(64)}`,
			size: 1,
		},
		layers: [
			layer("template", "1".repeat(64)),
			...otherLayers.map((kind) => layer(kind, "2".repeat(64))),
			layer("model", digest),
			layer("license", "3".repeat(64)),
		],
	};
}

function treeOf(folder: string): Record<string, string> {
	const found: Record<string, string> = {};
	for (const name of readdirSync(folder)) {
		const file = path.join(folder, name);
		const look = lstatSync(file);
		if (look.isSymbolicLink()) found[file] = `-> ${readlinkSync(file)}`;
		else if (look.isDirectory())
			Object.assign(found, { [file]: "folder" }, treeOf(file));
		else found[file] = sha256(readFileSync(file));
	}
	return found;
}
