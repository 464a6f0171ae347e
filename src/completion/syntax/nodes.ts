/** What the nodes of all grammars have in common, by the names that their authors agree on. */

import type { SyntaxNode } from "./syntaxPort.ts";

/** Text that fits nowhere, and tokens that the parser had to put in. */
export function errorCount(node: SyntaxNode): number {
	if (!node.hasError) return 0;
	const own = node.isError || node.isMissing ? 1 : 0;
	return node.children.reduce(
		(sum, child) => sum + (child ? errorCount(child) : 0),
		own,
	);
}

/** It may go on behind what was inserted into it. */
export function isSequence({ type, parent }: SyntaxNode): boolean {
	return (
		parent === null ||
		/block|body|list|program|module|suite|statements|source_file|unit|section|ERROR/.test(
			type,
		)
	);
}

export function isComment({ type }: SyntaxNode): boolean {
	return /comment/.test(type);
}

export function isString({ type }: SyntaxNode): boolean {
	return /string|heredoc|char_literal/.test(type);
}

/** Code inside a string, as in `${}`. */
export function isSubstitution({ type }: SyntaxNode): boolean {
	return /substitution|interpolation/.test(type);
}

/** `case 1:`, `public:`, with what follows where the grammar counts that to it. */
export function isLabel({ type }: SyntaxNode): boolean {
	return /_case$|^case_|_default$|^default_|label|_section$|_statement_group$|^access_specifier$/.test(
		type,
	);
}

export function isDirective({ type }: SyntaxNode): boolean {
	return /^(?:preproc|#)/.test(type);
}
