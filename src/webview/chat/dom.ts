/** Creates elements without parsing HTML: strings become text nodes. */

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
	/** A longer accessible name. Begins with the text, as voice control requires. */
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
