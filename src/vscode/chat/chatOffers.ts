/** Offers models that can chat when the loaded one cannot: installed models first, then downloadable ones. */

import * as vscode from "vscode";
import type { Result } from "../../base/result.ts";
import { readCatalog } from "../../models/catalog/catalog.ts";
import { mayChoose, modelRows } from "../../models/choice/modelRows.ts";
import { rankCatalog } from "../../models/choice/rankCatalog.ts";
import type { ListedModel } from "../../models/library/modelLibrary.ts";
import type { ModelOffer } from "../../protocol/chatView.ts";
import type { Device } from "../../protocol/device.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import { catalogRow, modelName } from "../models/getModelText.ts";
import { nameOf, verdictText } from "../models/modelRowTexts.ts";

export interface ChatOffersContext {
	readonly models: () => Promise<readonly ListedModel[]>;
	readonly devices: () => Promise<Result<readonly Device[], HeadroomError>>;
	readonly builtInFile: string;
	/** `media/catalog.json` of the extension. */
	readonly catalogFile: string;
	readonly allowsPartial: () => boolean;
	/** Loads a model file. */
	readonly switchModel: (file: string) => Promise<void>;
}

/** The command has the full list. */
const maxOffers = 4;

interface Choice {
	readonly offer: ModelOffer;
	readonly choose: () => unknown;
}

export class ChatOffers {
	readonly #context: ChatOffersContext;
	#choices: readonly Choice[] = [];

	constructor(context: ChatOffersContext) {
		this.#context = context;
	}

	/** Reads the disk only. */
	async find(): Promise<readonly ModelOffer[]> {
		const installed = await this.#installed();
		const missing = maxOffers - installed.length;
		this.#choices = [
			...installed,
			...(missing > 0 ? (await this.#catalog()).slice(0, missing) : []),
		];
		return this.#choices.map(({ offer }) => offer);
	}

	/** Does nothing for an outdated offer. */
	async choose(id: string): Promise<void> {
		await this.#choices.find(({ offer }) => offer.id === id)?.choose();
	}

	async #installed(): Promise<readonly Choice[]> {
		const { models, devices, builtInFile, allowsPartial, switchModel } =
			this.#context;
		const [listed, machine] = await Promise.all([models(), devices()]);
		return modelRows({
			role: "chat",
			models: listed,
			devices: machine,
			builtInFile,
			allowsPartial: allowsPartial(),
		})
			.filter((row) => mayChoose(row) && !row.isBuiltIn)
			.slice(0, maxOffers)
			.map((row) => ({
				offer: {
					id: row.model.file,
					label: nameOf(row),
					detail: verdictText(row),
				},
				choose: () => switchModel(row.model.file),
			}));
	}

	async #catalog(): Promise<readonly Choice[]> {
		const { catalogFile, devices } = this.#context;
		const [catalog, machine] = await Promise.all([
			readCatalog(catalogFile),
			devices(),
		]);
		if (!catalog.ok || !machine.ok) return [];
		return rankCatalog(catalog.value, machine.value)
			.filter(
				({ entry, fit }) =>
					entry.roles.includes("chat") && fit.kind !== "doesNotFit",
			)
			.map((it) => ({
				offer: {
					id: `get:${it.entry.fileName}`,
					label: vscode.l10n.t("Get {model}", { model: modelName(it) }),
					detail: catalogRow(it, { kind: "none" }, vscode.l10n.t).detail,
				},
				choose: () => vscode.commands.executeCommand("headroom.getModel"),
			}));
	}
}
