/** The editor's translation as a value that is passed on, so that texts are built, and tested, without an editor. */

import { errorSentence, type HeadroomError } from "../../protocol/errors.ts";

/** `vscode.l10n.t`; texts are found in the sources by this name. */
export interface Translate {
	(text: string): string;
	(text: string, values: Readonly<Record<string, string>>): string;
}

export function errorIn(t: Translate, error: HeadroomError): string {
	const { text, values } = errorSentence(error);
	return t(text, values);
}
