/** What completion needs of a parser. Its trees are tree-sitter's: they exist for any text, with errors marked where it is not whole. */

export interface SyntaxNode {
	/** The grammar's name for it, or the text of a token: `if_statement`, `{`. */
	readonly type: string;
	/** In UTF-16 units, as `endIndex`. */
	readonly startIndex: number;
	readonly endIndex: number;
	/** Whether there is an error in it, or it is one. */
	readonly hasError: boolean;
	/** Text that fits nowhere. */
	readonly isError: boolean;
	/** Something that the parser put in, because else nothing would fit. */
	readonly isMissing: boolean;
	readonly parent: SyntaxNode | null;
	readonly previousNamedSibling: SyntaxNode | null;
	readonly firstNamedChild: SyntaxNode | null;
	readonly children: readonly (SyntaxNode | null)[];
	/** The smallest node that spans both. */
	descendantForIndex(start: number, end: number): SyntaxNode | null;
}

export interface SyntaxPort {
	/**
	 * The root of a text's tree; valid until the next call. Undefined where there is no grammar for the language, or it is still being
	 * loaded (the first call for a language begins that), or the text takes too long.
	 */
	parse(languageId: string, text: string): SyntaxNode | undefined;
}
