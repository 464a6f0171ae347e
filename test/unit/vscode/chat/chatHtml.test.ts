import assert from "node:assert/strict";
import { chatHtml } from "../../../../src/vscode/chat/chatHtml.ts";

const html = chatHtml({
	cspSource: "https://source.example",
	nonce: "n0nce",
	scriptUri: "https://source.example/chat.js?a&b",
	styleUri: "https://source.example/chat.css",
	language: 'en"><script>',
	title: "</title><script>alert(1)</script>",
});

describe("the page of the chat panel", () => {
	it("allows its script by nonce, its style sheet, and nothing else", () => {
		const policy =
			/http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1];
		assert.deepEqual(policy?.split("; "), [
			"default-src 'none'",
			"script-src 'nonce-n0nce'",
			"style-src https://source.example",
			"font-src https://source.example",
			"base-uri 'none'",
			"form-action 'none'",
		]);
	});

	it("has one script and nothing inline", () => {
		assert.deepEqual(html.match(/<script[^>]*>/g), [
			'<script nonce="n0nce" src="https://source.example/chat.js?a&amp;b">',
		]);
		assert.doesNotMatch(html, /\sstyle=|<style|\son\w+=/);
	});

	it("escapes its values", () => {
		assert.match(html, /<html lang="en&quot;&gt;&lt;script&gt;">/);
		assert.match(html, /<title>&lt;\/title&gt;&lt;script&gt;alert/);
	});
});
