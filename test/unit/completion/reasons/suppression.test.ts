import assert from "node:assert/strict";
import { Snooze } from "../../../../src/completion/reasons/snooze.ts";
import {
	isLanguageEnabled,
	type SuppressionConditions,
	suppressionReason,
} from "../../../../src/completion/reasons/suppression.ts";

describe("isLanguageEnabled", () => {
	for (const [languages, languageId, expected] of [
		[{ "*": true }, "typescript", true],
		[{ "*": false }, "typescript", false],
		[{ "*": true, markdown: false }, "markdown", false],
		[{ "*": true, markdown: false }, "typescript", true],
		[{ "*": false, markdown: true }, "markdown", true],
		[{}, "typescript", true],
		[{ markdown: false }, "typescript", true],
		// Not what every object inherits.
		[{ "*": false }, "constructor", false],
	] as const)
		it(`of ${languageId} in ${JSON.stringify(languages)} is ${expected}`, () =>
			assert.equal(isLanguageEnabled(languages, languageId), expected));
});

describe("suppressionReason", () => {
	const unsuppressed: SuppressionConditions = {
		isEnabled: true,
		languages: { "*": true },
		isSnoozed: false,
		looksSecret: () => false,
	};
	const suppressedEverywhere: SuppressionConditions = {
		isEnabled: false,
		languages: { "*": false },
		isSnoozed: true,
		looksSecret: () => true,
	};
	const document = { languageId: "dotenv", path: "config/.env" };

	it("is undefined where nothing suppresses suggestions", () =>
		assert.equal(suppressionReason(document, unsuppressed), undefined));

	for (const [conditions, expected] of [
		[{}, "off"],
		[{ isEnabled: true }, "languageOff"],
		[{ isEnabled: true, languages: {} }, "snoozed"],
		[{ isEnabled: true, languages: {}, isSnoozed: false }, "secretFile"],
	] as const)
		it(`is ${expected} before any more specific reason`, () =>
			assert.equal(
				suppressionReason(document, { ...suppressedEverywhere, ...conditions })
					?.kind,
				expected,
			));

	it("names the language", () =>
		assert.deepEqual(
			suppressionReason(document, {
				...unsuppressed,
				languages: { dotenv: false },
			}),
			{ kind: "languageOff", languageId: "dotenv" },
		));

	it("checks the path of the document", () => {
		const looksSecret = (path: string) => path === "config/.env";
		assert.deepEqual(
			suppressionReason(document, { ...unsuppressed, looksSecret }),
			{
				kind: "secretFile",
			},
		);
		assert.equal(
			suppressionReason(
				{ ...document, path: "a.ts" },
				{ ...unsuppressed, looksSecret },
			),
			undefined,
		);
	});

	it("without a document is one that applies everywhere", () => {
		const kinds = [
			suppressedEverywhere,
			{ ...suppressedEverywhere, isEnabled: true },
			{ ...suppressedEverywhere, isEnabled: true, isSnoozed: false },
		].map((conditions) => suppressionReason(undefined, conditions)?.kind);
		assert.deepEqual(kinds, ["off", "snoozed", undefined]);
	});
});

describe("a snooze", () => {
	function setUp() {
		const snooze = new Snooze();
		const changes: (number | "restart" | undefined)[] = [];
		snooze.onDidChange(() => changes.push(snooze.until(0)));
		return { snooze, changes };
	}

	it("lasts until its time", () => {
		const { snooze } = setUp();
		assert.equal(snooze.until(0), undefined);
		snooze.begin(1000);
		assert.equal(snooze.until(999), 1000);
		assert.equal(snooze.until(1000), undefined);
	});

	it("until the restart never runs out", () => {
		const { snooze } = setUp();
		snooze.begin("restart");
		assert.equal(snooze.until(Number.MAX_SAFE_INTEGER), "restart");
	});

	it("fires when it begins, gets another end, and ends", () => {
		const { snooze, changes } = setUp();
		snooze.begin(1000);
		snooze.begin("restart");
		snooze.end();
		assert.deepEqual(changes, [1000, "restart", undefined]);
	});

	it("that has not begun does not end", () => {
		const { snooze, changes } = setUp();
		snooze.end();
		assert.deepEqual(changes, []);
	});
});
