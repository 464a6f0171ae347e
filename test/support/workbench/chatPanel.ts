/** The chat panel in the workbench, as a person finds it. */

import type { Frame, FrameLocator, Locator, Page } from "playwright-core";

export class ChatPanelOnPage {
	readonly #page: () => Page;

	constructor(page: () => Page) {
		this.#page = page;
	}

	get view(): FrameLocator {
		return this.#page()
			.frameLocator("iframe.webview")
			.frameLocator("#active-frame");
	}

	/** The page of the panel itself. */
	async frame(): Promise<Frame> {
		const element = await this.view.owner().elementHandle();
		const frame = await element?.contentFrame();
		if (!frame) throw new Error("the panel is not shown");
		return frame;
	}

	get input(): Locator {
		return this.view.locator(".composer textarea");
	}

	/** The button that sends, or stops. */
	get send(): Locator {
		return this.view.locator(".composer button.primary");
	}

	get lastAnswer(): Locator {
		return this.view.locator(".message.assistant").last();
	}

	/** Of the last answer. */
	button(name: string): Locator {
		return this.lastAnswer.getByRole("button", { name });
	}

	async ask(question: string): Promise<void> {
		await this.input.fill(question);
		await this.input.press("Enter");
	}

	/** Waits until the model has said what it has to say, or all there is room for. */
	async untilAnswered(): Promise<void> {
		await this.view
			.locator('.message.assistant.last[aria-busy="false"] .body')
			.filter({ hasText: /\S{2}/ })
			.waitFor();
	}

	/** Stops the answer as soon as there is something of it. */
	async stopAnswer(): Promise<void> {
		await this.view
			.locator('.message.assistant.last[aria-busy="true"] .body')
			.filter({ hasText: /\S{2}/ })
			.waitFor();
		await this.send.filter({ hasText: "Stop" }).click();
		await this.lastAnswer.locator(".status.stopped").waitFor();
	}
}
