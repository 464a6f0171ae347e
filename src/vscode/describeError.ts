/** Errors as sentences in the language of the editor. */

import * as vscode from "vscode";
import { errorSentences, type HeadroomError } from "../protocol/errors.ts";

export function describeError(error: HeadroomError): string {
	return vscode.l10n.t(errorSentences[error.code], error.values);
}
