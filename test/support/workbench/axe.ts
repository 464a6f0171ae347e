/** What axe-core finds in a page, or in a part of it. */

import { readFileSync } from "node:fs";
import path from "node:path";
import type { Frame, Page } from "playwright-core";
import { root } from "../models/realEngine.ts";

export interface Violation {
	readonly rule: string;
	/** The element, and how to fix it. */
	readonly text: string;
}

interface Axe {
	run(
		selector: string,
		options: { readonly iframes: boolean },
	): Promise<{
		readonly violations: readonly {
			readonly id: string;
			readonly nodes: readonly {
				readonly html: string;
				readonly failureSummary: string;
			}[];
		}[];
	}>;
}
declare const window: { readonly axe: Axe };

/** @param selector of the part; frames in it are left out. */
export async function accessibilityViolations(
	frame: Page | Frame,
	selector = "html",
): Promise<Violation[]> {
	await frame.evaluate(
		readFileSync(path.join(root, "node_modules/axe-core/axe.min.js"), "utf8"),
	);
	const { violations } = await frame.evaluate(
		(part) => window.axe.run(part, { iframes: false }),
		selector,
	);
	return violations.flatMap(({ id, nodes }) =>
		nodes.map(({ html, failureSummary }) => ({
			rule: id,
			text: `${html} ${failureSummary}`,
		})),
	);
}
