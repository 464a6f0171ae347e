/** Elements without HTML: text goes in as text. */

interface Attributes {
	readonly [name: string]: string | undefined;
}

export function element<Tag extends keyof HTMLElementTagNameMap>(
	tag: Tag,
	attributes: Attributes = {},
	...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
	const made = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes))
		if (value !== undefined) made.setAttribute(name, value);
	made.append(...children);
	return made;
}

export interface ButtonOptions {
	readonly text: string;
	/** Where the text alone does not say what it is for. Begins with the text, for who speaks to the computer. */
	readonly label?: string;
	readonly className?: string;
	readonly onClick: () => void;
}

export function button(options: ButtonOptions): HTMLButtonElement {
	const { text, label, className, onClick } = options;
	const made = element(
		"button",
		{
			type: "button",
			class: className,
			"aria-label": label,
			title: label,
		},
		text,
	);
	made.addEventListener("click", onClick);
	return made;
}

let lastId = 0;

export function uniqueId(prefix: string): string {
	lastId += 1;
	return `${prefix}-${lastId}`;
}
