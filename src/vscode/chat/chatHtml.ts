/** The chat panel's page: an empty body, one script, one style sheet, and a Content Security Policy that allows nothing else. */

export interface ChatPage {
	/** `webview.cspSource`, the origin of the style sheet. */
	readonly cspSource: string;
	/** Random, for this page only. */
	readonly nonce: string;
	readonly scriptUri: string;
	readonly styleUri: string;
	/** `vscode.env.language`. */
	readonly language: string;
	readonly title: string;
}

/** No images, connections, frames, forms, inline scripts or `eval`. */
function contentSecurityPolicy({ cspSource, nonce }: ChatPage): string {
	return [
		"default-src 'none'",
		`script-src 'nonce-${nonce}'`,
		`style-src ${cspSource}`,
		`font-src ${cspSource}`,
		"base-uri 'none'",
		"form-action 'none'",
	].join("; ");
}

export function chatHtml(page: ChatPage): string {
	const { nonce, scriptUri, styleUri, language, title } = page;
	return `<!DOCTYPE html>
<html lang="${attribute(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${attribute(contentSecurityPolicy(page))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${attribute(title)}</title>
<link rel="stylesheet" href="${attribute(styleUri)}">
</head>
<body>
<script nonce="${attribute(nonce)}" src="${attribute(scriptUri)}"></script>
</body>
</html>
`;
}

function attribute(text: string): string {
	return text
		.replaceAll("&", "&amp;")
		.replaceAll('"', "&quot;")
		.replaceAll("<", "&lt;")
		.replaceAll(">", "&gt;");
}
