/** Sanitizes rendered Markdown: the only place that turns HTML into elements, and only into these. */

import createDomPurify from "dompurify";

const purify = createDomPurify(window);

const options = {
	ALLOWED_TAGS: [
		..."p br hr h3 h4 h5 h6 ul ol li blockquote pre code em strong s a".split(
			" ",
		),
		..."table thead tbody tr th td #text".split(" "),
	],
	ALLOWED_ATTR: ["href", "start"],
	ADD_URI_SAFE_ATTR: ["start"],
	ALLOW_ARIA_ATTR: false,
	ALLOW_DATA_ATTR: false,
	ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
	RETURN_DOM_FRAGMENT: true as const,
};

export function sanitized(html: string): DocumentFragment {
	return purify.sanitize(html, options);
}
