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
	const loud: SuppressionConditions = {
		isEnabled: true,
		languages: { "*": true },
		isSnoozed: false,
		looksSecret: () => false,
	};
	const quietEverywhere: SuppressionConditions = {
		isEnabled: false,
		languages: { "*": false },
		isSnoozed: true,
		looksSecret: () => true,
	};
	const document = { languageId: "dotenv", path: "config/.env" };

	it("is none where nothing stands in the way", () =>
		assert.equal(suppressionReason(document, loud), undefined));

	for (const [conditions, expected] of [
		[{}, "off"],
		[{ isEnabled: true }, "languageOff"],
		[{ isEnabled: true, languages: {} }, "snoozed"],
		[{ isEnabled: true, languages: {}, isSnoozed: false }, "secretFile"],
	] as const)
		it(`is ${expected} before all that is narrower`, () =>
			assert.equal(
				suppressionReason(document, { ...quietEverywhere, ...conditions })
					?.kind,
				expected,
			));

	it("names the language", () =>
		assert.deepEqual(
			suppressionReason(document, { ...loud, languages: { dotenv: false } }),
			{ kind: "languageOff", languageId: "dotenv" },
		));

	it("asks about the path of the document", () => {
		const looksSecret = (path: string) => path === "config/.env";
		assert.deepEqual(suppressionReason(document, { ...loud, looksSecret }), {
			kind: "secretFile",
		});
		assert.equal(
			suppressionReason(
				{ ...document, path: "a.ts" },
				{ ...loud, looksSecret },
			),
			undefined,
		);
	});

	it("without a document is one that holds everywhere", () => {
		const kinds = [
			quietEverywhere,
			{ ...quietEverywhere, isEnabled: true },
			{ ...quietEverywhere, isEnabled: true, isSnoozed: false },
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

	it("until the restart has no time", () => {
		const { snooze } = setUp();
		snooze.begin("restart");
		assert.equal(snooze.until(Number.MAX_SAFE_INTEGER), "restart");
	});

	it("tells when it begins, gets another end, and ends", () => {
		const { snooze, changes } = setUp();
		snooze.begin(1000);
		snooze.begin("restart");
		snooze.end();
		assert.deepEqual(changes, [1000, "restart", undefined]);
	});

	it("that does not run cannot end", () => {
		const { snooze, changes } = setUp();
		snooze.end();
		assert.deepEqual(changes, []);
	});
});
