import assert from "node:assert/strict";
import { usedNames } from "../../../../src/completion/names/usedNames.ts";

/** What is used, with a dot before members. `█` is the cursor. */
function used(code: string, languageId = "typescript"): string[] {
	const [lineBefore = "", suggestion = ""] = code.split("█");
	return usedNames(suggestion, lineBefore, languageId).map(
		({ name, start, isMember }) => {
			const text = lineBefore + suggestion;
			assert.ok(text.startsWith(name, lineBefore.length + start), name);
			return `${isMember ? "." : ""}${name}`;
		},
	);
}

describe("usedNames", () => {
	for (const [what, code, expected] of [
		[
			"a call and its arguments",
			"█paint(shape, color);",
			["paint", "shape", "color"],
		],
		["a member", "shape.█area();", [".area"]],
		["a member whose beginning was typed", "shape.ar█ea();", [".area"]],
		[
			"a member that is called like what it defines",
			"const area = shape.█area;",
			[".area"],
		],
		["no member that is assigned to", "shape.█area = width;", ["width"]],
		["an optional member", "█shape?.area", ["shape", ".area"]],
		["what is spread, which is no member", "█[...shapes]", ["shapes"]],
		["nothing in strings", "█\"alpha\" + 'beta' + `gamma ${delta}`", []],
		["nothing in a string that was open", 'say("█hello there");', []],
		["nothing in comments", "█// alpha\n/* beta */", []],
		[
			"nothing in a regular expression",
			"█x = /alpha/.test(beta)",
			[".test", "beta"],
		],
		["no number", "█0x1fab + 10n", []],
		["no short name", "█a[i] = b", []],
		[
			"a value and not the constant it defines",
			"█const area = width;",
			["width"],
		],
		[
			"no names of a pattern",
			"█const { area, width: wide = 1 } = shape;",
			["const", "shape"],
		],
		[
			"no variable of a loop",
			"█for (const shape of shapes) use(shape);",
			["for", "const", "shapes", "use"],
		],
		[
			"no parameters of an arrow",
			"█shapes.map((shape) => shape.area())",
			["shapes", ".map", ".area"],
		],
		[
			"no parameters of a function",
			"█function areaOf(shape: Shape) {",
			["function", "Shape"],
		],
		[
			"no method that is defined",
			"█\tasync areaOf(shape: Shape): Area {",
			["async", "Shape", "Area"],
		],
		[
			"no generator",
			"█async function* linesOf(text: string) {",
			["async", "string"],
		],
		["no keys", "█{ area: width, height }", ["width", "height"]],
		["no imports", '█import { area } from "./shape.ts";', []],
	] as const)
		it(`finds ${what}`, () => assert.deepEqual(used(code), expected));

	for (const [what, code, expected] of [
		["a value", "█area = width * height", ["width", "height"]],
		["a condition", "█if width: pass", ["width", "pass"]],
		[
			"a key of a dictionary, which is a value",
			"█{width: height}",
			["width", "height"],
		],
		["no keyword argument", "█paint(color=red)", ["paint", "red"]],
		["no parameters", "█def area(self, width: int = 1):", ["def", "int"]],
		[
			"no variable of a comprehension",
			"█[shape.area for shape in shapes]",
			[".area", "shapes"],
		],
		["no tuple", "█width, height = size", ["size"]],
		[
			"no name of a context",
			"█with open(path) as file:",
			["with", "open", "path"],
		],
		["nothing in a docstring", '█"""Paints the shape."""', []],
	] as const)
		it(`finds in Python ${what}`, () =>
			assert.deepEqual(
				used(code, "python").filter((it) => !["for", "in"].includes(it)),
				expected,
			));
});
