/** The catalog: a short list of recommended models that ships with the extension, with the source, license and architecture of each. */

import fs from "node:fs/promises";
import * as z from "zod/mini";
import { failure, type Result, success } from "../../base/result.ts";
import type { ModelShape } from "../../memory/shape/modelShape.ts";
import {
	type Mix,
	type PublishedModel,
	shapeInMix,
} from "../../memory/shape/quantization.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import type { Role } from "../../protocol/model.ts";
import type { Expected } from "../download/remoteFile.ts";
import { isModelFileName } from "../stores/modelFileNames.ts";

const count = z.int().check(z.positive());
const countOrNone = z.int().check(z.nonnegative());

/** Memory and speed are computed from it, and are not part of the catalog. */
const Published = z.readonly(
	z.object({
		layers: count,
		embeddingWidth: count,
		heads: count,
		kvHeads: count,
		headDimension: count,
		feedForwardWidth: count,
		feedForwardMatrices: z.union([z.literal(2), z.literal(3)]),
		vocabularySize: count,
		/** In this file: some publishers store a tied embedding twice. */
		tiedEmbedding: z.boolean(),
		experts: countOrNone,
		expertsUsed: countOrNone,
		trainedContextWindow: count,
	}),
) satisfies z.ZodMiniType<PublishedModel>;

const Entry = z.readonly(
	z.object({
		name: z.string().check(z.minLength(1)),
		roles: z
			.readonly(
				z.array(z.enum(["completion", "chat"]) satisfies z.ZodMiniType<Role>),
			)
			.check(z.refine((roles) => roles.length > 0)),
		quantization: z.enum([
			"Q4_K_M",
			"Q5_K_M",
			"Q6_K",
			"Q8_0",
			"F16",
		]) satisfies z.ZodMiniType<Mix>,
		/** The license of the weights by their author: re-uploads are often tagged wrongly. */
		license: z.readonly(
			z.object({
				/** The SPDX identifier, if there is one. */
				name: z.string().check(z.minLength(1)),
				url: z.url({ protocol: /^https$/ }),
			}),
		),
		/** On Hugging Face. */
		repository: z.string().check(z.regex(/^[\w.-]+\/[\w.-]+$/)),
		/** A commit, so that neither size nor hash can change; a branch where those are unknown. */
		revision: z.string().check(z.regex(/^(main|[0-9a-f]{40})$/)),
		fileName: z.string().check(z.refine(isModelFileName)),
		sizeBytes: z.nullable(count),
		sha256: z.nullable(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
		model: Published,
	}),
);
export type CatalogEntry = z.infer<typeof Entry>;

const Catalog = z.object({
	version: z.literal(1),
	models: z.readonly(z.array(Entry)),
});

/** @param file `media/catalog.json` of the extension. */
export async function readCatalog(
	file: string,
): Promise<Result<readonly CatalogEntry[], HeadroomError>> {
	try {
		const parsed = Catalog.safeParse(
			JSON.parse(await fs.readFile(file, "utf8")),
		);
		if (parsed.success) return success(parsed.data.models);
		const [issue] = parsed.error.issues;
		const where = issue?.path.join(".") ?? "";
		return unreadable(`${where}: ${issue?.message ?? "invalid"}`);
	} catch (thrown) {
		return unreadable(messageOf(thrown));
	}
}

/** The shape from which memory and speed are computed before the file is downloaded. */
export function catalogShape({
	model,
	quantization,
}: CatalogEntry): ModelShape {
	return shapeInMix(model, quantization);
}

export function catalogUrl({
	repository,
	revision,
	fileName,
}: CatalogEntry): string {
	return `https://huggingface.co/${repository}/resolve/${revision}/${fileName}`;
}

/** Undefined where the host must be asked after the click: `askHost`. */
export function expectedOf({
	sizeBytes,
	sha256,
}: CatalogEntry): Expected | undefined {
	return sizeBytes !== null && sha256 !== null
		? { sizeBytes, sha256, from: "catalog" }
		: undefined;
}

function unreadable(why: string): Result<never, HeadroomError> {
	return failure(createError("catalogUnreadable", { why }));
}
