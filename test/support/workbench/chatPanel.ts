/** Drives the chat panel in the workbench. */

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

	/** The Send/Stop button. */
	get send(): Locator {
		return this.view.locator(".composer button.primary");
	}

	get lastAnswer(): Locator {
		return this.view.locator(".message.assistant").last();
	}

	/** A button of the last answer. */
	button(name: string): Locator {
		return this.lastAnswer.getByRole("button", { name });
	}

	async ask(question: string): Promise<void> {
		await this.input.fill(question);
		await this.input.press("Enter");
	}

	/** Waits for the end of the answer. */
	async untilAnswered(): Promise<void> {
		await this.view
			.locator('.message.assistant.last[aria-busy="false"] .body')
			.filter({ hasText: /\S{2}/ })
			.waitFor();
	}

	/** Stops the answer after its first characters. */
	async stopAnswer(): Promise<void> {
		await this.view
			.locator('.message.assistant.last[aria-busy="true"] .body')
			.filter({ hasText: /\S{2}/ })
			.waitFor();
		await this.send.filter({ hasText: "Stop" }).click();
		await this.lastAnswer.locator(".status.stopped").waitFor();
	}
}
