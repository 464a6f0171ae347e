/** Sentences in the language of the editor. */

import * as vscode from "vscode";
import { type Sentence, worded } from "../../base/sentence.ts";
import { errorText, type HeadroomError } from "../../protocol/errors.ts";

export function localize(sentence: Sentence): string {
	return worded(sentence, vscode.l10n.t);
}

export function describeError(error: HeadroomError): string {
	return errorText(error, vscode.l10n.t);
}
