import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Browser } from "playwright-core";
import type { ToChatView } from "../../src/protocol/chatView.ts";
import { until } from "../support/until.ts";
import {
	answer,
	conversation,
	question,
} from "../support/workbench/chatMessages.ts";
import { WebviewPage } from "../support/workbench/webviewPage.ts";
import type { ThemeName } from "../support/workbench/webviewThemes.ts";
import { outFolder, startBrowser } from "../support/workbench/workbench.ts";

const answerText = [
	"Use `sort` with a *comparator*:\n",
	"```ts\nconst byAge = (a: Person, b: Person) => a.age - b.age; // ascending\npeople.sort(byAge);\n```\n",
	"| Method | In place |\n|---|---|\n| `sort` | yes |\n| `toSorted` | no |\n",
	"> See [the reference](https://example.org/sort).\n",
	"1. First\n2. Second\n",
].join("\n");

const ready: readonly ToChatView[] = [
	{ kind: "model", name: "Model 7B", cannotChat: null },
	{
		kind: "context",
		chips: [
			{
				id: "s",
				label: "shapes.ts:3-9",
				kind: "selection",
				tokens: 120,
				removable: true,
			},
			{
				id: "f",
				label: "shapes.ts",
				kind: "file",
				tokens: null,
				removable: true,
			},
		],
	},
	{
		kind: "tokens",
		promptTokens: 1234,
		budgetTokens: 8192,
		leftOut: [{ label: "old turns", tokens: 512 }],
		isExact: true,
	},
];

const answered = conversation(
	question("q1", "How do I sort people by age?", {
		attached: [{ label: "shapes.ts", kind: "file" }],
		branch: { index: 1, count: 3 },
	}),
	answer("a1", answerText, { reasoning: "They want a comparator." }),
);

const states = {
	empty: [...ready, conversation()],
	streaming: [
		...ready,
		conversation(
			question("q1", "How do I sort people by age?"),
			answer("a1", answerText.slice(0, 90), { state: "streaming" }),
		),
	],
	answered: [...ready, answered],
	failed: [
		...ready,
		conversation(
			question("q1", "Why?"),
			answer("a1", "Because", {
				state: "failed",
				error: "The engine crashed (SIGKILL).",
			}),
		),
		{ kind: "notice", severity: "error", text: "The file was not changed." },
	],
	"cannot chat": [
		conversation(),
		{
			kind: "model",
			name: "Built-in",
			cannotChat: {
				sentence:
					"The built-in model completes code and cannot chat. These can:",
				offers: [{ id: "m1", label: "Use Model 7B", detail: "4.7 GB, fits" }],
			},
		},
	],
} satisfies Readonly<Record<string, readonly ToChatView[]>>;

const hostile: readonly (readonly [
	what: string,
	text: string,
	shown: string,
])[] = [
	[
		"script tags",
		"<script>hasRun = true</script> after",
		"<script>hasRun = true</script>",
	],
	[
		"handlers",
		'<img src=x onerror="hasRun=true"> after',
		"<img src=x onerror=",
	],
	[
		"an svg",
		'<svg><a xlink:href="javascript:hasRun=true"><text>x</text></a></svg>',
		"<svg>",
	],
	[
		"a frame",
		'<iframe srcdoc="<script>parent.hasRun=true</script>"></iframe>',
		"<iframe",
	],
	[
		"styles",
		"<style>@import url(http://127.0.0.1:1/x.css);</style>",
		"@import",
	],
	[
		"javascript: links",
		"[go](javascript:hasRun=true) <javascript:hasRun=true>",
		"[go](javascript:hasRun=true)",
	],
	[
		"data: links",
		"[go](data:text/html,<script>hasRun=true</script>)",
		"[go](data:",
	],
	["command: links", "[go](command:workbench.action.quit)", "[go](command:"],
	[
		"images",
		"![pixel](http://127.0.0.1:1/pixel.png)",
		"pixel (http://127.0.0.1:1/pixel.png)",
	],
	[
		"HTML in a language",
		'```"><script>hasRun=true</script>\ncode\n```',
		"code",
	],
	["broken fences", "````\n```\n<b>in</b>\n~~~\n", "<b>in</b>"],
	[
		"markup that mutates",
		'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=hasRun=true&gt;">',
		"<math>",
	],
	[
		"bidirectional controls",
		"```\nif (a\u202e/* \u2066) // */\n```",
		"\u27e8U+202E\u27e9",
	],
	[
		"colors of a terminal",
		"\u001b[31mred\u001b[0m \u001b]8;;http://x\u0007y",
		"\u27e8U+001B\u27e9[31mred",
	],
	["no end of nesting", `${">".repeat(3_000)}deep`, ">"],
];

describe("the chat panel in a browser", () => {
	let browser: Browser;
	let view: WebviewPage;

	before(async () => {
		browser = await startBrowser();
		mkdirSync(outFolder, { recursive: true });
	});
	after(() => browser?.close());
	beforeEach(async () => {
		view = await WebviewPage.open(browser);
	});
	afterEach(async () => {
		const broken = await view.broken();
		await view.close();
		assert.deepEqual(broken, []);
	});

	const role = (
		name: Parameters<WebviewPage["page"]["getByRole"]>[0],
		label: string | RegExp,
	) => view.page.getByRole(name, { name: label, exact: true });
	const input = () => role("textbox", "Message");
	const lastAnswer = () => view.page.locator(".message.assistant").last();
	const screenshot = (name: string) =>
		view.page.screenshot({ path: path.join(outFolder, `chat-${name}.png`) });

	describe("with hostile answers", () => {
		for (const [what, text, shown] of hostile)
			for (const isStreamed of [false, true])
				it(`shows ${what} and runs nothing, ${isStreamed ? "streamed" : "whole"}`, async () => {
					if (isStreamed) {
						await view.send(
							conversation(answer("a", "", { state: "streaming" })),
						);
						for (let from = 0; from < text.length; from += 9) {
							const piece = text.slice(from, from + 9);
							if (from > 300) break;
							await view.send({
								kind: "chunk",
								messageId: "a",
								segment: "text",
								text: piece,
							});
						}
						await view.send({
							kind: "messageChanged",
							message: answer("a", text),
						});
					} else await view.send(conversation(answer("a", text)));
					const body = lastAnswer().locator(".body");
					await body.getByText(shown.slice(0, 12)).first().waitFor();
					assert.ok((await body.textContent())?.includes(shown));
					for (const link of await body.locator("a").all())
						await link.click({ button: "middle" });
					assert.equal(
						await body
							.locator(
								"script,img,svg,iframe,style,math,object,form,a[href],[style*=url],[onerror]",
							)
							.count(),
						0,
					);
					assert.equal(await view.hasRun(), false);
					assert.deepEqual(view.dialogs, []);
					assert.deepEqual(view.requests, []);
				});

		for (const [what, text] of [
			["a million characters on one line", "x".repeat(1_000_000)],
			["a million brackets", "[".repeat(1_000_000)],
			[
				"a million characters on a line of code",
				`\`\`\`js\n${"x".repeat(1_000_000)}\n\`\`\``,
			],
		] as const)
			it(`stays alive with ${what}`, async () => {
				await view.send(conversation(answer("a", "", { state: "streaming" })));
				for (let from = 0; from < text.length; from += 100_000)
					await view.send({
						kind: "chunk",
						messageId: "a",
						segment: "text",
						text: text.slice(from, from + 100_000),
					});
				await view.send({ kind: "messageChanged", message: answer("a", text) });
				await input().fill("still here");
				assert.equal(
					(await view.untilPosted("inputChanged")).text,
					"still here",
				);
				const length =
					(await lastAnswer().locator(".body").textContent())?.length ?? 0;
				assert.ok(length >= 1_000_000, `${length} characters are there`);
			});

		it("asks the host about a link instead of following it", async () => {
			await view.send(
				conversation(answer("a", "[go](https://example.org/a?b=c)")),
			);
			const link = role("link", "go");
			await link.click();
			assert.equal(
				(await view.untilPosted("openLink")).href,
				"https://example.org/a?b=c",
			);
			await view.forgetPosted();
			await link.focus();
			await view.page.keyboard.press("Enter");
			await view.untilPosted("openLink");
			assert.deepEqual(view.requests, []);
		});

		it("ignores invalid messages", async () => {
			await view.send({
				kind: "conversation",
				messages: 1,
			} as unknown as ToChatView);
			await view.send(conversation(answer("a", "Fine.")));
			await lastAnswer().getByText("Fine.").waitFor();
		});
	});

	describe("is accessible", () => {
		for (const theme of [
			"light",
			"dark",
			"highContrast",
		] satisfies ThemeName[]) {
			for (const [state, messages] of Object.entries(states))
				it(`${state}, ${theme}`, async () => {
					await view.setTheme(theme);
					await view.send(...messages);
					await view.untilStill();
					await screenshot(`${state.replace(" ", "-")}-${theme}`);
					assert.deepEqual(await view.accessibilityViolations(), []);
				});
			it(`history and suggestions, ${theme}`, async () => {
				await view.setTheme(theme);
				await view.send(...ready, conversation());
				await input().pressSequentially("/e");
				await view.send(commands);
				await screenshot(`suggestions-${theme}`);
				assert.deepEqual(await view.accessibilityViolations(), []);
				await role("button", "History").click();
				await view.send(history);
				await screenshot(`history-${theme}`);
				assert.deepEqual(await view.accessibilityViolations(), []);
				await role("button", "Delete Sorting").click();
				assert.deepEqual(await view.accessibilityViolations(), []);
			});
		}

		it("announces whole sentences while an answer streams", async () => {
			const { page } = view;
			await view.send(conversation(answer("a", "", { state: "streaming" })));
			const heard = () =>
				page.locator('[aria-live="polite"] p').allTextContents();
			for (const text of ["First sen", "tence. Sec", "ond one"])
				await view.send({
					kind: "chunk",
					messageId: "a",
					segment: "text",
					text,
				});
			assert.deepEqual(await heard(), ["First sentence."]);
			await view.send({
				kind: "messageChanged",
				message: answer("a", "First sentence. Second one"),
			});
			assert.deepEqual(await heard(), [
				"First sentence.",
				"Second one",
				"The answer is complete.",
			]);
		});
	});

	const commands: ToChatView = {
		kind: "suggestions",
		query: "e",
		items: [
			{
				id: "explain",
				label: "/explain",
				detail: "Explain the selection",
				insert: "/explain ",
			},
			{
				id: "edit",
				label: "/edit",
				detail: "Edit the selection",
				insert: "/edit ",
			},
		],
	};
	const history: ToChatView = {
		kind: "history",
		query: "",
		offset: 0,
		entries: [
			{
				id: "h1",
				title: "Sorting",
				changedAtMs: 1_760_000_000_000,
				excerpt: "How do I sort",
			},
			{
				id: "h2",
				title: "Closures",
				changedAtMs: 1_750_000_000_000,
				excerpt: "What is a closure",
			},
		],
		hasMore: true,
	};

	describe("with the keyboard", () => {
		it("asks, stops, edits and answers again", async () => {
			const { page } = view;
			await view.send(...ready, conversation());
			await view.send({ kind: "focusInput" });
			await page.keyboard.type("one");
			await page.keyboard.press("Shift+Enter");
			await page.keyboard.type("two");
			await page.keyboard.press("Enter");
			assert.equal((await view.untilPosted("send")).text, "one\ntwo");
			assert.equal(await input().inputValue(), "");
			await view.send(
				{ kind: "messageChanged", message: question("q", "one\ntwo") },
				{
					kind: "messageChanged",
					message: answer("a", "", { state: "streaming" }),
				},
			);
			await role("button", "Stop").waitFor();
			await page.keyboard.press("Escape");
			await view.untilPosted("stop");
			await view.send({
				kind: "messageChanged",
				message: answer("a", "Ha", { state: "stopped" }),
			});
			await page.keyboard.press("ArrowUp");
			assert.equal(await input().inputValue(), "one\ntwo");
			await page.keyboard.type("!");
			await page.keyboard.press("Enter");
			const { messageId, text } = await view.untilPosted("edit");
			assert.deepEqual(
				{ messageId, text },
				{ messageId: "q", text: "one\ntwo!" },
			);
		});

		it("completes commands and context", async () => {
			const { page } = view;
			await view.send(...ready, conversation());
			await input().pressSequentially("/e");
			const { of, query } = await view.untilPosted("suggest");
			assert.deepEqual({ of, query }, { of: "command", query: "e" });
			await view.send(commands);
			assert.equal(await page.locator('[role="option"]').count(), 2);
			await page.keyboard.press("ArrowDown");
			const active = await input().getAttribute("aria-activedescendant");
			assert.equal(
				await page.locator(`#${active}[aria-selected="true"]`).textContent(),
				"/edit Edit the selection",
			);
			await page.keyboard.press("Enter");
			assert.equal((await view.untilPosted("chooseSuggestion")).id, "edit");
			assert.equal(await input().inputValue(), "/edit ");
			await page.keyboard.type("#");
			await view.send({ ...commands, query: "late" });
			assert.equal(await page.locator('[role="option"]').count(), 0);
		});

		it("reaches every button of an answer", async () => {
			const { page } = view;
			await view.send(...states.answered);
			await page.locator("header button").first().focus();
			const reached: string[] = [];
			for (let step = 0; step < 40; step++) {
				reached.push(
					String(
						await page.evaluate(
							"document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent",
						),
					),
				);
				await page.keyboard.press("Tab");
			}
			const expected = [
				"New Conversation",
				"History",
				"Export",
				"Conversation",
				"Previous Version",
				"Next Version",
				"Copy Message",
				"Edit",
				"Reasoning",
				"Copy Code",
				"Insert at Cursor",
				"Apply to File",
				"New File with This Code",
				"Code in ts",
				"the reference",
				"Copy Message",
				"Regenerate",
				"Remove shapes.ts:3-9",
				"Remove shapes.ts",
				"Message",
			];
			let at = -1;
			for (const label of expected) {
				at = reached.indexOf(label, at + 1);
				assert.ok(at >= 0, `${label} in this order in ${reached.join(" | ")}`);
			}
		});

		it("deletes a conversation only after a question", async () => {
			const { page } = view;
			await role("button", "History").click();
			assert.deepEqual(await view.untilPosted("openHistory"), {
				kind: "openHistory",
				query: "",
				offset: 0,
			});
			await view.send(history);
			await role("button", "Delete Sorting").focus();
			await page.keyboard.press("Enter");
			await page.keyboard.press("Enter");
			assert.equal(
				(await view.posted()).some(({ kind }) => kind === "deleteConversation"),
				false,
			);
			await role("button", "Delete Sorting").click();
			await role("button", "Delete Sorting").click();
			assert.equal(
				(await view.untilPosted("deleteConversation")).conversationId,
				"h1",
			);
			await role("button", "Closures").click();
			assert.equal(
				(await view.untilPosted("openConversation")).conversationId,
				"h2",
			);
			await role("button", "History").click();
			assert.equal(await input().isVisible(), false);
			await page.keyboard.press("Escape");
			assert.equal(await input().isVisible(), true);
		});
	});

	it("posts the actions of code and message buttons", async () => {
		await view.send(...states.answered);
		const code =
			"const byAge = (a: Person, b: Person) => a.age - b.age; // ascending\npeople.sort(byAge);\n";
		for (const [label, kind] of [
			["Insert at Cursor", "insert"],
			["Apply to File", "apply"],
			["New File with This Code", "newFile"],
		] as const) {
			await role("button", label).click();
			assert.deepEqual(await view.untilPosted(kind), {
				kind,
				messageId: "a1",
				blockIndex: 0,
				code,
				language: "ts",
			});
		}
		await role("button", "Copy Code").click();
		assert.equal((await view.untilPosted("copyCode")).text, code);
		await role("button", "Next Version").click();
		assert.deepEqual(await view.untilPosted("selectBranch"), {
			kind: "selectBranch",
			messageId: "q1",
			offset: 1,
		});
		await role("button", "Regenerate").click();
		assert.equal((await view.untilPosted("regenerate")).messageId, "a1");
		await role("button", "Remove shapes.ts").click();
		assert.equal((await view.untilPosted("removeChip")).id, "f");
		assert.equal(
			await view.page.locator("p.tokens").textContent(),
			"Model 7B \u00b7 1,234 of 8,192 tokens \u00b7 left out: old turns (512)",
		);
	});

	it("keeps the draft when the page is reloaded, and grows with its text", async () => {
		const height = async () => (await input().boundingBox())?.height ?? 0;
		const before = await height();
		await input().fill("one\ntwo\nthree");
		assert.ok((await height()) > before);
		await view.page.reload();
		await view.setTheme("dark");
		await view.send(...ready);
		assert.equal(await input().inputValue(), "one\ntwo\nthree");
		assert.equal(
			(await view.untilPosted("inputChanged")).text,
			"one\ntwo\nthree",
		);
	});

	it("offers models that can chat", async () => {
		await view.send(...states["cannot chat"]);
		await input().fill("hello");
		assert.equal(await role("button", "Send").isDisabled(), true);
		await role("button", "Use Model 7B").click();
		assert.equal((await view.untilPosted("chooseOffer")).id, "m1");
	});

	it("folds text away that turns out to be reasoning", async () => {
		await view.send(conversation(answer("a", "", { state: "streaming" })));
		for (const [segment, text] of [
			["text", "Let me think.\n\n```js\nhm\n```\n"],
			["textWasReasoning", ""],
			["text", "So it is."],
		] as const)
			await view.send({ kind: "chunk", messageId: "a", segment, text });
		const shown = lastAnswer().locator(".answer");
		await shown.getByText("So it is.").waitFor();
		assert.equal((await shown.innerText()).trim(), "So it is.");
		assert.match(
			(await lastAnswer().locator(".reasoning-text").textContent()) ?? "",
			/Let me think\..*hm/s,
		);
	});

	it("keeps finished blocks while an answer streams, and ends like an answer in one piece", async () => {
		const { page } = view;
		await view.send(conversation(answer("a", "", { state: "streaming" })));
		await view.send({
			kind: "chunk",
			messageId: "a",
			segment: "text",
			text: "First.\n\nSecond.\n",
		});
		await page.locator(".block").nth(1).waitFor();
		await page.evaluate("document.querySelector('.block').marked = true");
		await view.send({
			kind: "chunk",
			messageId: "a",
			segment: "text",
			text: "\n```js\nhalf(",
		});
		const isDisabled = await role("button", "Apply to File").isDisabled();
		assert.equal(isDisabled, true, "half of the code cannot be applied");
		await view.send({
			kind: "chunk",
			messageId: "a",
			segment: "text",
			text: ")\n```\n",
		});
		for (let from = 0; from < answerText.length; from += 7)
			await view.send({
				kind: "chunk",
				messageId: "a",
				segment: "text",
				text: answerText.slice(from, from + 7),
			});
		const whole = `First.\n\nSecond.\n\n\`\`\`js\nhalf()\n\`\`\`\n${answerText}`;
		await view.send({ kind: "messageChanged", message: answer("a", whole) });
		assert.equal(
			await page.evaluate("document.querySelector('.block').marked"),
			true,
		);
		// Without colors: on a busy machine, the highlighter leaves a line plain that takes too long.
		const html = async () =>
			(await lastAnswer().locator(".answer").innerHTML()).replace(
				/<\/?span[^>]*>/g,
				"",
			);
		await page.locator(".answer code span").first().waitFor();
		const streamed = await html();
		await view.send(conversation(answer("b", whole)));
		await page.locator(".answer code span").first().waitFor();
		assert.equal(await html(), streamed);
	});

	it("colors code by the editor's theme, and again when the theme changes", async () => {
		const { page } = view;
		await view.send(answered);
		const keyword = page.locator("code span", { hasText: /^const$/ }).first();
		const theme = (foreground: string): ToChatView => ({
			kind: "theme",
			theme: {
				type: "dark",
				colors: {},
				tokenColors: [
					{ scope: ["storage"], settings: { foreground, fontStyle: "bold" } },
				],
			},
		});
		for (const [foreground, color] of [
			["#ff0000", "rgb(255, 0, 0)"],
			["#00ff00", "rgb(0, 255, 0)"],
		] as const) {
			await view.send(theme(foreground));
			const style = await until(`code in ${color}`, async () => {
				const found = (await keyword.getAttribute("style")) ?? "";
				return found.includes(color) ? found : undefined;
			});
			assert.match(style, /bold/);
		}
	});

	it("stays at the end while an answer streams, unless the user has scrolled up", async () => {
		const { page } = view;
		const top = () =>
			page.evaluate(
				"document.querySelector('.conversation').scrollTop",
			) as Promise<number>;
		const fromEnd = () =>
			page.evaluate(
				"(({scrollHeight, scrollTop, clientHeight}) => scrollHeight - scrollTop - clientHeight)(document.querySelector('.conversation'))",
			) as Promise<number>;
		let parts = 0;
		const more = async () => {
			await view.send({
				kind: "chunk",
				messageId: "a",
				segment: "text",
				text: "More.\n\n".repeat(40),
			});
			parts += 40;
			await until(`${parts} paragraphs`, async () => {
				const text = await lastAnswer().locator(".body").textContent();
				return text?.split("More.").length === parts + 1;
			});
			await view.frames();
		};
		await view.send(conversation(answer("a", "", { state: "streaming" })));
		await more();
		await more();
		assert.ok((await fromEnd()) < 24);
		await page.evaluate(
			"document.querySelector('.conversation').scrollTop = 100",
		);
		await view.frames();
		await more();
		assert.equal(await top(), 100);
	});

	it("shows the newest messages, and loads earlier ones on demand", async () => {
		const many = (from: number) =>
			Array.from({ length: 40 }, (_, index) =>
				answer(`m${from + index}`, `Answer ${from + index}.`),
			);
		await view.send({ ...conversation(...many(9_960)), hasEarlier: true });
		await role("button", "Show Earlier Messages").click();
		assert.equal((await view.untilPosted("earlier")).beforeId, "m9960");
		await view.send({
			kind: "earlier",
			beforeId: "m9960",
			messages: many(9_920),
			hasEarlier: true,
		});
		const messages = view.page.locator(".message");
		assert.equal(await messages.count(), 80);
		assert.match((await messages.first().textContent()) ?? "", /Answer 9920\./);
		await view.send({ ...conversation(...many(9_960)), hasEarlier: false });
		await view.send({
			kind: "messageChanged",
			message: question("new", "One more?"),
		});
		assert.equal(await messages.count(), 40);
		assert.equal(
			await role("button", "Show Earlier Messages").isVisible(),
			true,
		);
	});
});
