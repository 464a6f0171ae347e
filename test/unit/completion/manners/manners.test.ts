import assert from "node:assert/strict";
import { MannersTypist } from "../../../support/mannersTypist.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

/** A document with the cursor at a marker, and a model that always says the same. */
function typist(document: string, answer: string): MannersTypist {
	const [before = "", after = ""] = document.split("█");
	return new MannersTypist(
		{ text: before + after, offset: before.length },
		() => answer,
	);
}

const source = `class Circle {
    constructor(radius) {
        this.radius = radius;
    }

    area() {
        return Math.PI * this.radius * this.radius;
    }
}

const circle = new Circle(2);
console.log(circle.area());
`;

const answers = [
	"radius * 2;",
	"area());",
	"circle.area();",
	"Math.max(1, 2);",
	"log(circle);",
];

describe("a rejected suggestion", () => {
	it("is not shown again after Escape, however often the editor asks", async () => {
		const it = typist("const a = █\n", "circle.area();");
		assert.equal(await it.look(), "circle.area();");
		it.escape();
		assert.deepEqual(await it.look(), { kind: "rejected" });
		it.type("x");
		it.backspace();
		assert.deepEqual(await it.look(), { kind: "rejected" });
	});

	it("is not shown again after something else was typed over it", async () => {
		const it = typist("const a = █\n", "circle.area();");
		await it.look();
		it.type("x");
		it.backspace();
		assert.deepEqual(await it.look(), { kind: "rejected" });
	});

	it("is shown when it is requested", async () => {
		const it = typist("const a = █\n", "circle.area();");
		await it.look();
		it.escape();
		assert.equal(await it.look(true), "circle.area();");
	});

	it("is shown when the line is another one", async () => {
		const it = typist("const a = █\n", "circle.area();");
		await it.look();
		it.escape();
		it.type("2 * ");
		assert.equal(await it.look(), "circle.area();");
	});

	it("is rejected where it began, too", async () => {
		const it = typist("const a = █\n", "circle.area();");
		await it.look();
		it.type("cir");
		assert.equal(await it.look(), "cle.area();");
		it.escape();
		it.backspace(3);
		assert.deepEqual(await it.look(), { kind: "rejected" });
	});

	it("stays rejected when lines above it come and go", async () => {
		const it = typist("\n\nconst a = █\n", "circle.area();");
		await it.look();
		it.escape();
		const { offset } = it;
		it.moveTo(0);
		it.type("b();\n");
		it.moveTo(offset + 5);
		assert.deepEqual(await it.look(), { kind: "rejected" });
	});

	it("does not come back in 500 rejections", async () => {
		const random = seededRandom(7);
		const pick = (count: number): number => Math.floor(random() * count);
		let rejections = 0;
		let repeats = 0;
		while (rejections < 500) {
			const lines = source.split("\n");
			const line = pick(lines.length - 1);
			const column = pick((lines[line] ?? "").length + 1);
			const offset =
				lines.slice(0, line).join("\n").length + column + (line && 1);
			const answer = answers[pick(answers.length)] ?? "";
			// The rest of the line is in the way of most suggestions.
			const text =
				source.slice(0, offset) + source.slice(offset).replace(/^.*/, "");
			const person = new MannersTypist({ text, offset }, () => answer);
			const first = await person.look();
			if (typeof first !== "string") continue;
			rejections++;
			if (random() < 0.5) person.escape();
			else {
				person.type("~");
				await person.look();
				person.backspace();
			}
			const away = pick(3);
			for (let at = 0; at < away; at++) {
				const there = person.offset;
				person.moveTo(0);
				person.moveTo(there);
			}
			if ((await person.look()) === first) repeats++;
		}
		assert.equal(repeats, 0);
	});
});

describe("what was just deleted", () => {
	it("is not suggested again, deleted key by key", async () => {
		const it = typist("console.log(a);█\n", "log(a);");
		it.backspace(7);
		assert.deepEqual(await it.look(), { kind: "restoresDeleted" });
	});

	it("is not suggested again, deleted as a selection of several lines", async () => {
		const it = typist("f(() => {█\n    a();\n    b();\n});\n", "a();");
		it.delete(9, 27);
		it.type("\n    ");
		assert.deepEqual(await it.look(), { kind: "restoresDeleted" });
	});

	it("is suggested where something else was", async () => {
		const it = typist("console.log(a);█\n", "error(a);");
		it.backspace(7);
		assert.equal(await it.look(), "error(a);");
	});

	it("is suggested at another place", async () => {
		const it = typist("f(circle);\n\n\ng(█", "circle);");
		it.delete(2, 9);
		it.moveTo(6);
		assert.equal(await it.look(), "circle);");
	});

	it("is not suggested after it was undone", async () => {
		const it = typist("const a = █\n", "circle.area();");
		it.accept("circle.area();");
		it.undo();
		assert.deepEqual(await it.look(), { kind: "restoresDeleted" });
		assert.equal(await it.look(true), "circle.area();");
	});

	it("does not come back in 500 random edits, and never after undo", async () => {
		const random = seededRandom(11);
		const pick = (count: number): number => Math.floor(random() * count);
		let answer = "";
		const anew = (): MannersTypist =>
			new MannersTypist({ text: source, offset: 0 }, () => answer);
		let person = anew();
		const counts = { deleted: 0, undone: 0, restored: 0, shown: 0 };
		for (let at = 0; at < 500; at++) {
			// Lines do not grow without end.
			if (at % 20 === 0) person = anew();
			const { text } = person;
			const lineStarts = [...text.matchAll(/^/gm)].map((it) => it.index);
			person.moveTo(lineStarts[pick(lineStarts.length)] ?? 0);
			const lineEnd =
				(text.indexOf("\n", person.offset) + text.length + 1) %
				(text.length + 1);
			person.moveTo(Math.max(0, lineEnd));
			const kind = pick(3);
			if (kind === 0) {
				// Deletes the end of a line, and the model has learned nothing.
				const { before } = person.place;
				const count = Math.min(pick(12) + 1, before.trimStart().length);
				if (count === 0) continue;
				answer = person.text.slice(person.offset - count, person.offset);
				if (answer.trim() === "") continue;
				person.backspace(count);
				counts.deleted++;
			} else if (kind === 1) {
				answer = answers[pick(answers.length)] ?? "";
				person.accept(answer);
				person.undo();
				counts.undone++;
			} else {
				person.type(answers[pick(answers.length)] ?? "");
				answer = "somethingElse();";
			}
			const seen = await person.look();
			if (kind === 2) counts.shown += typeof seen === "string" ? 1 : 0;
			// An answer that is cached may be another one.
			else if (typeof seen === "string" && answer.startsWith(seen.trim()))
				counts.restored++;
		}
		assert.equal(counts.restored, 0);
		assert.ok(
			counts.deleted > 50 && counts.undone > 100,
			JSON.stringify(counts),
		);
		assert.ok(counts.shown > 50, JSON.stringify(counts));
	});
});

describe("a suggestion on screen", () => {
	it("is known by what is left of it while it is typed through", async () => {
		const it = typist("const a = █\n", "circle.area();");
		await it.look();
		it.type("circle.");
		assert.equal(it.manners.leftOnScreen(it.place), "area();");
		it.type("x");
		assert.equal(it.manners.leftOnScreen(it.place), undefined);
		assert.equal(it.manners.isShown, false);
	});

	it("is gone when the cursor goes elsewhere", async () => {
		const it = typist("const a = █\n", "circle.area();");
		await it.look();
		assert.equal(it.manners.isShown, true);
		it.moveTo(0);
		assert.equal(it.manners.isShown, false);
	});
});

describe("a short suggestion", () => {
	it("is not shown", async () => {
		const it = typist("call(a█\n", ");");
		assert.deepEqual(await it.look(), { kind: "tooShort" });
		assert.equal(await it.look(true), ");");
	});

	it("is shown when it is what is left while the user types", async () => {
		const it = typist("call(█\n", "abc");
		assert.equal(await it.look(), "abc");
		for (const [typed, left] of [
			["a", "bc"],
			["b", "c"],
		] as const) {
			it.type(typed);
			assert.equal(await it.look(), left);
		}
	});
});

describe("a suggestion on a blank line", () => {
	it("does not begin with white space, or else Tab would not indent", async () => {
		const it = typist("f() {\n    a();\n    █\n}\n", "    b();");
		const seen = await it.look();
		assert.ok(typeof seen !== "string" || /^\S/.test(seen), `${seen}`);
	});
});
