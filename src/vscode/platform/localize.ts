/** Sentences in the language of the editor. */

import * as vscode from "vscode";
import type { Sentence } from "../../base/sentence.ts";
import { errorSentence, type HeadroomError } from "../../protocol/errors.ts";

export function localize({ text, values }: Sentence): string {
	return vscode.l10n.t(text, values);
}

export function describeError(error: HeadroomError): string {
	return localize(errorSentence(error));
}
