import assert from "node:assert/strict";
import {
	mkdirSync,
	mkdtempSync,
	realpathSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { realPlaceOf } from "../../../src/storage/realPlace.ts";

describe("realPlaceOf", () => {
	let top: string;
	const at = (name: string) => path.join(top, name);
	const inWorkspace = (name: string) => at(`workspace/${name}`);
	const inside = (name: string, isLinked: boolean) => ({
		kind: "inside",
		folder: at("workspace"),
		path: name,
		isLinked,
	});
	const of = (name: string) =>
		realPlaceOf(inWorkspace(name), [at("workspace")]);

	before(function () {
		if (process.platform === "win32") this.skip();
		top = realpathSync(mkdtempSync(path.join(os.tmpdir(), "headroom-")));
		for (const folder of [
			"workspace/src/deep",
			"workspace/..dots",
			"outside/folder",
			"workspace-other",
		])
			mkdirSync(at(folder), { recursive: true });
		for (const file of [
			"workspace/src/deep/a.ts",
			"workspace/..dots/a.ts",
			"workspace/.env",
			"outside/id_rsa",
			"outside/folder/b.ts",
			"workspace-other/c.ts",
		])
			writeFileSync(at(file), "");
		for (const [link, to] of [
			["readme.txt", "../outside/id_rsa"],
			["absolute.txt", at("outside/id_rsa")],
			["twice.txt", "readme.txt"],
			["folder", "../outside/folder"],
			["neighbor", "../workspace-other"],
			["settings.txt", ".env"],
			["code", "src/deep"],
			["out-and-back.ts", "../workspace/src/deep/a.ts"],
			["self", "self"],
			["ping", "pong"],
			["pong", "ping"],
			["round", "."],
			["gone.txt", "nothing"],
		] as const)
			symlinkSync(to, inWorkspace(link));
		symlinkSync("workspace", at("linked-workspace"));
	});
	after(() => top && rmSync(top, { recursive: true }));

	const outside = (name: string) => ({ kind: "outside", path: at(name) });
	const places: Readonly<
		Record<string, readonly [name: string, isLinked: boolean] | string>
	> = {
		"src/deep/a.ts": ["src/deep/a.ts", false],
		"..dots/a.ts": ["..dots/a.ts", false],
		"": ["", false],
		"readme.txt": "outside/id_rsa",
		"absolute.txt": "outside/id_rsa",
		"twice.txt": "outside/id_rsa",
		folder: "outside/folder",
		"folder/b.ts": "outside/folder/b.ts",
		"neighbor/c.ts": "workspace-other/c.ts",
		"../workspace-other/c.ts": "workspace-other/c.ts",
		"settings.txt": [".env", true],
		"code/a.ts": ["src/deep/a.ts", true],
		"out-and-back.ts": ["src/deep/a.ts", true],
		"round/round/src/deep/a.ts": ["src/deep/a.ts", true],
	};
	for (const [name, place] of Object.entries(places))
		it(`of ${name || "the folder itself"}`, () =>
			assert.deepEqual(
				of(name),
				typeof place === "string" ? outside(place) : inside(...place),
			));

	for (const name of ["self", "ping", "gone.txt", "never.txt"])
		it(`is nowhere for ${name}`, () => assert.equal(of(name), undefined));

	it("follows the link of the folder itself", () =>
		assert.deepEqual(
			realPlaceOf(at("linked-workspace/src/deep/a.ts"), [
				at("linked-workspace"),
			]),
			{
				kind: "inside",
				folder: at("linked-workspace"),
				path: "src/deep/a.ts",
				isLinked: false,
			},
		));

	it("is inside of any of several folders, and outside of those that are gone", () => {
		const other = realPlaceOf(inWorkspace("neighbor/c.ts"), [
			at("gone"),
			at("workspace"),
			at("workspace-other"),
		]);
		assert.deepEqual(other, {
			kind: "inside",
			folder: at("workspace-other"),
			path: "c.ts",
			isLinked: true,
		});
		assert.deepEqual(
			realPlaceOf(inWorkspace("src"), [at("gone")]),
			outside("workspace/src"),
		);
	});
});
