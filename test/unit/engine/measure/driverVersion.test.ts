import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { driverVersion } from "../../../../src/engine/measure/driverVersion.ts";

const cases: Readonly<
	Record<string, readonly [files: Readonly<Record<string, string>>, string]>
> = {
	"no driver that tells": [{}, "linux 6.1.0-21"],
	"a module's version": [
		{ "sys/module/nvidia/version": "550.54.14\n" },
		"nvidia 550.54.14",
	],
	"two of them": [
		{
			"sys/module/amdgpu/version": "6.3.6\n",
			"sys/module/nvidia/version": "535.129.03\n",
		},
		"nvidia 535.129.03, amdgpu 6.3.6",
	],
	"a module of the kernel, which has none": [
		{ "sys/module/i915/srcversion": "1234\n" },
		"linux 6.1.0-21",
	],
	"what NVIDIA says elsewhere": [
		{
			"proc/driver/nvidia/version":
				"NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  560.35.03  Release Build\nGCC version:  gcc version 12.3.0\n",
		},
		"nvidia 560.35.03",
	],
	"an empty file": [{ "sys/module/nvidia/version": "\n" }, "linux 6.1.0-21"],
	"a file of something else": [
		{ "sys/module/xe/version": "x".repeat(1000) },
		`xe ${"x".repeat(120)}`,
	],
	"no version where one should be": [
		{ "proc/driver/nvidia/version": "NVRM version: none" },
		"linux 6.1.0-21",
	],
	"a folder where the file should be": [
		{ "sys/module/nvidia/version/inside": "" },
		"linux 6.1.0-21",
	],
};

describe("driverVersion", () => {
	const root = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	after(() => rmSync(root, { recursive: true }));
	const withFiles = (files: Readonly<Record<string, string>>): string => {
		const folder = mkdtempSync(path.join(root, "root-"));
		for (const [name, text] of Object.entries(files)) {
			const file = path.join(folder, name);
			mkdirSync(path.dirname(file), { recursive: true });
			writeFileSync(file, text);
		}
		return folder;
	};
	const release = "6.1.0-21";

	for (const [what, [files, expected]] of Object.entries(cases))
		it(`reports ${what}`, () => {
			const facts = { root: withFiles(files), release };
			assert.equal(driverVersion({ ...facts, platform: "linux" }), expected);
		});

	for (const platform of ["darwin", "win32"] as const)
		it(`is the release of the system on ${platform}`, () => {
			const root = withFiles({ "sys/module/nvidia/version": "1.2" });
			const told = driverVersion({ root, platform, release });
			assert.equal(told, `${platform} ${release}`);
		});

	it("tells something of this machine", () => {
		assert.notEqual(driverVersion().trim(), "");
	});
});
