/** Keeps the end of a growing text visible unless the user has scrolled up. */

/** Fractional pixels and touchpad inertia leave a small distance. */
const tolerancePx = 24;

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
			isAtBottom = scrollHeight - scrollTop - clientHeight < tolerancePx;
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
