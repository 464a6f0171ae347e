/** The panel's strings, numbers and dates in the editor's language. */

import { inEnglish, type Places } from "../../base/sentence.ts";
import {
	type ChatStringKey,
	type ChatStrings,
	chatStrings,
} from "../../protocol/chatStrings.ts";

type Values<Key extends ChatStringKey> = Readonly<
	Record<Places<(typeof chatStrings)[Key]>, string | number>
>;

export class Strings {
	readonly #strings: ChatStrings;
	readonly #language: string;

	/** @param translated missing keys stay English. */
	constructor(translated: Readonly<Record<string, string>>, language: string) {
		this.#strings = { ...chatStrings, ...translated };
		this.#language = supported(language);
	}

	/** The compiler checks that every placeholder is filled. */
	get<Key extends ChatStringKey>(
		key: Key,
		...[values]: Places<(typeof chatStrings)[Key]> extends never
			? []
			: [Values<Key>]
	): string {
		const filled = Object.entries<string | number>(values ?? {}).map(
			([name, value]) => [
				name,
				typeof value === "number" ? this.number(value) : value,
			],
		);
		return inEnglish({
			text: this.#strings[key],
			values: Object.fromEntries(filled),
		});
	}

	number(value: number): string {
		return new Intl.NumberFormat(this.#language).format(value);
	}

	date(ms: number): string {
		return new Intl.DateTimeFormat(this.#language, {
			dateStyle: "medium",
			timeStyle: "short",
		}).format(ms);
	}
}

function supported(language: string): string {
	try {
		return Intl.getCanonicalLocales(language)[0] ?? "en";
	} catch {
		return "en";
	}
}
