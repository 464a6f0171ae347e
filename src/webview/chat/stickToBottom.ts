/** Keeps the end of a growing text in sight, as long as the reader has not gone up. */

/** Pixels. Fractions of a pixel and the inertia of touchpads leave a few. */
const tolerance = 24;

export function stickToBottom(
	frame: HTMLElement,
	content: HTMLElement,
): { readonly jump: () => void; readonly isAtBottom: () => boolean } {
	let isAtBottom = true;
	const jump = (): void => {
		isAtBottom = true;
		frame.scrollTop = frame.scrollHeight;
	};
	frame.addEventListener(
		"scroll",
		() => {
			const { scrollHeight, scrollTop, clientHeight } = frame;
			isAtBottom = scrollHeight - scrollTop - clientHeight < tolerance;
		},
		{ passive: true },
	);
	const observer = new ResizeObserver(() => {
		if (isAtBottom) jump();
	});
	observer.observe(content);
	observer.observe(frame);
	return { jump, isAtBottom: () => isAtBottom };
}
