/**
 * Texts on which a regular expression that is not linear is slow: long runs of what one of its loops takes, after what leads to the loop,
 * and what leads to it again and again.
 */

import { type RegexNode, regexTree } from "./regexTree.ts";

/** A text of any length. */
export interface Attack {
	readonly head: string;
	readonly pumped: string;
	readonly tail: string;
}

/** What most classes are made of. */
const alphabet = [
	..." \t\n\r",
	..."aZ0_1e.,;:'\"`-+*/\\|&<>=()[]{}#@!?%^~$",
	"é",
	"中",
	"\u200d",
	"\u0301",
	"\u{1f600}",
];
const maxCharsOfSet = 5;
/** Nothing that an expression ends with. */
const tails = ["\u0001", ""];
/** Where a line or the text is to end, or any character but a line end is taken. */
const lineTails = [...tails, "\n\u0001"];

export function attackText(
	{ head, pumped, tail }: Attack,
	length: number,
): string {
	return head + pumped.repeat(Math.ceil(length / pumped.length)) + tail;
}

/** None for an expression without loops: at each place, that takes as long as it has parts. */
export function attacksOn(source: string, flags: string): Attack[] {
	const charsOf = characters(flags);
	const sample = (node: RegexNode): string => {
		switch (node.kind) {
			case "set":
				return charsOf(node.source)[0] ?? "";
			case "sequence":
				return node.items.map(sample).join("");
			case "choice":
				return sample(node.items[0] as RegexNode);
			case "repeat":
				return sample(node.item).repeat(Math.max(1, node.min));
			case "assertion":
				return "";
		}
	};
	const found = new Map<string, Attack>();
	const add = (head: string, pumped: string): void => {
		if (pumped === "") return;
		for (const tail of /[.$]/.test(source) ? lineTails : tails)
			found.set(JSON.stringify([head, pumped, tail]), { head, pumped, tail });
	};
	const sets = new Set<string>();
	const collect = (node: RegexNode): void => {
		if (node.kind === "set") sets.add(node.source);
		else if (node.kind === "sequence" || node.kind === "choice")
			node.items.forEach(collect);
		else if (node.item) collect(node.item);
	};
	const tree = regexTree(source);
	collect(tree);
	const chars = new Set([...sets].flatMap((it) => charsOf(it)));
	/** @param head what is read before the node. */
	const walk = (node: RegexNode, head: string): void => {
		switch (node.kind) {
			case "set":
				return;
			case "choice":
				for (const item of node.items) walk(item, head);
				return;
			case "sequence": {
				let before = head;
				for (const item of node.items) {
					walk(item, before);
					before += sample(item);
				}
				return;
			}
			case "assertion":
				if (node.item) walk(node.item, head);
				return;
			case "repeat": {
				walk(node.item, head);
				if (node.max !== Number.POSITIVE_INFINITY) return;
				const bodies = new Set([sample(node.item)]);
				if (node.item.kind === "choice")
					for (const item of node.item.items) bodies.add(sample(item));
				const inner = new Set<string>();
				setsOf(node.item, inner);
				for (const set of inner) for (const it of charsOf(set)) bodies.add(it);
				for (const body of bodies) {
					add(head, body);
					// The loop is reached again and again, each time with what it takes.
					add("", head + body);
					add("", head + body.repeat(40));
				}
			}
		}
	};
	walk(tree, "");
	if (found.size === 0) return [];
	for (const char of [...chars, " ", "\t", "\n"]) add("", char);
	for (const char of chars) add("", `${char} `);
	return [...found.values()];
}

function setsOf(node: RegexNode, into: Set<string>): void {
	if (node.kind === "set") into.add(node.source);
	else if (node.kind === "sequence" || node.kind === "choice")
		for (const item of node.items) setsOf(item, into);
	else if (node.item) setsOf(node.item, into);
}

/** A few characters of a class, of different kinds. */
function characters(flags: string): (source: string) => readonly string[] {
	const known = new Map<string, readonly string[]>();
	const own = flags.replace(/[gy]/g, "");
	return (source) => {
		const chars = known.get(source);
		if (chars) return chars;
		const pattern = new RegExp(`^(?:${source})$`, own);
		const literal = source.replace(/\\[a-zA-Z]/g, "").replace(/[\\[\]^-]/g, "");
		const matching = [...literal, ...alphabet].filter((it) => pattern.test(it));
		const chosen = spread([...new Set(matching)]);
		known.set(source, chosen);
		return chosen;
	};
}

function spread(chars: readonly string[]): readonly string[] {
	if (chars.length <= maxCharsOfSet) return chars;
	const step = chars.length / maxCharsOfSet;
	const blank = chars.filter((it) => it.trim() === "").slice(0, 1);
	return [
		...blank,
		...Array.from(
			{ length: maxCharsOfSet },
			(_, index) => chars[Math.floor(index * step)] ?? "",
		),
	];
}
