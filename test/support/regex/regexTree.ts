/** Parses regular expressions of JavaScript, as far as attacks on them need it. */

export type RegexNode =
	/** One character; the sources of the characters that it may be. */
	| { readonly kind: "set"; readonly source: string }
	| { readonly kind: "sequence"; readonly items: readonly RegexNode[] }
	| { readonly kind: "choice"; readonly items: readonly RegexNode[] }
	| {
			readonly kind: "repeat";
			readonly item: RegexNode;
			readonly min: number;
			readonly max: number;
	  }
	/** Takes no character: `^`, `\b`, a look-around, which may hold what is read all the same. */
	| { readonly kind: "assertion"; readonly item: RegexNode | undefined };

const nothing: RegexNode = { kind: "sequence", items: [] };

export function regexTree(source: string): RegexNode {
	let at = 0;
	const take = (length: number): string => {
		at += length;
		return source.slice(at - length, at);
	};
	const choice = (): RegexNode => {
		const items = [sequence()];
		while (source[at] === "|") {
			take(1);
			items.push(sequence());
		}
		return items.length === 1
			? (items[0] ?? nothing)
			: { kind: "choice", items };
	};
	const sequence = (): RegexNode => {
		const items: RegexNode[] = [];
		while (at < source.length && source[at] !== "|" && source[at] !== ")")
			items.push(repeated(atom()));
		return { kind: "sequence", items };
	};
	const repeated = (item: RegexNode): RegexNode => {
		const match = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(
			source.slice(at, at + 20),
		);
		if (!match) return item;
		take(match[0].length);
		const [, sign, least, comma, most] = match;
		const min = sign ? Number(sign === "+") : Number(least);
		const max =
			sign === "?"
				? 1
				: sign || (comma && !most)
					? Number.POSITIVE_INFINITY
					: Number(most || least);
		return { kind: "repeat", item, min, max };
	};
	const atom = (): RegexNode => {
		const char = source[at];
		if (char === "(") return group();
		if (char === "^" || char === "$") {
			take(1);
			return { kind: "assertion", item: undefined };
		}
		if (char === "[") return { kind: "set", source: take(classLength()) };
		if (char !== "\\") return { kind: "set", source: take(1) };
		const escaped =
			/^\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|k<[^>]*>|c[A-Za-z]|.)/s.exec(
				source.slice(at, at + 60),
			)?.[0] ?? "\\";
		take(escaped.length);
		if (/^\\[bB1-9k]/.test(escaped))
			return { kind: "assertion", item: undefined };
		return { kind: "set", source: escaped };
	};
	const group = (): RegexNode => {
		const opener =
			/^\((?:\?(?::|<?[=!]|<[^>=!]+>))?/.exec(source.slice(at, at + 60))?.[0] ??
			"(";
		take(opener.length);
		const item = choice();
		take(1);
		return /[=!]$/.test(opener) ? { kind: "assertion", item } : item;
	};
	const classLength = (): number => {
		let end = at + 1;
		while (end < source.length && source[end] !== "]")
			end += source[end] === "\\" ? 2 : 1;
		return end + 1 - at;
	};
	return choice();
}
