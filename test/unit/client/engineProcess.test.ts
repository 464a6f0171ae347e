import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { logTo, nullLog } from "../../../src/base/log.ts";
import { loadOptionsFor } from "../../../src/client/builtInModel.ts";
import {
	engineEnvironment,
	engineInspectPort,
	forkEngine,
	inspectVariable,
} from "../../../src/client/engineProcess.ts";
import { plainLoadSettings } from "../../support/loadOptions.ts";

describe("engineEnvironment", () => {
	const added = {
		ELECTRON_RUN_AS_NODE: "1",
		NODE_LLAMA_CPP_SKIP_DOWNLOAD: "true",
	};

	it("passes on what a process, llama.cpp and drivers read", () => {
		const env = {
			PATH: "/bin",
			HOME: "/home/me",
			LANG: "de_DE.UTF-8",
			LC_ALL: "C",
			TMPDIR: "/tmp",
			XDG_CACHE_HOME: "/home/me/.cache",
			LD_LIBRARY_PATH: "/usr/local/cuda/lib64",
			CUDA_VISIBLE_DEVICES: "0",
			NVIDIA_VISIBLE_DEVICES: "all",
			GGML_VK_VISIBLE_DEVICES: "1",
			VK_ICD_FILENAMES: "/icd.json",
			HIP_VISIBLE_DEVICES: "0",
			ROCR_VISIBLE_DEVICES: "0",
			HSA_OVERRIDE_GFX_VERSION: "10.3.0",
			MESA_LOADER_DRIVER_OVERRIDE: "zink",
			LIBGL_ALWAYS_SOFTWARE: "1",
			OMP_NUM_THREADS: "2",
			HEADROOM_ENGINE_SILENCE_MS: "1000",
			// Windows writes names as it likes.
			Path: "C:\\bin",
			SYSTEMROOT: "C:\\Windows",
			"ProgramFiles(x86)": "C:\\Program Files (x86)",
		};
		assert.deepEqual(engineEnvironment(env), { ...env, ...added });
	});

	it("keeps secrets, and whatever else it does not know", () => {
		assert.deepEqual(
			engineEnvironment({
				AWS_SECRET_ACCESS_KEY: "x",
				AWS_PROFILE: "x",
				GITHUB_TOKEN: "x",
				HF_TOKEN: "x",
				OPENAI_API_KEY: "x",
				NVIDIA_API_KEY: "x",
				NVIDIA_NGC_API_KEY: "x",
				AMD_DEV_TOKEN: "x",
				SSH_AUTH_SOCK: "x",
				XDG_SESSION_TOKEN: "x",
				DATABASE_URL: "postgres://me:x@host",
				HTTPS_PROXY: "http://me:x@proxy",
				npm_config__auth: "x",
				MY_PATH: "x",
				PATH_TO_KEYS: "x",
				DYLD_INSERT_LIBRARIES: "/x.dylib",
			}),
			added,
		);
	});

	it("drops the editor's", () => {
		const scrubbed = engineEnvironment({
			PATH: "/bin",
			HOME: "/home/me",
			CUDA_VISIBLE_DEVICES: "0",
			NODE_OPTIONS: "--require /debugger.js",
			NODE_INSPECT_RESUME_ON_START: "1",
			VSCODE_IPC_HOOK: "x",
			ELECTRON_NO_ATTACH_CONSOLE: "1",
			GTK_PATH: "/snap",
			LD_PRELOAD: "/snap/x.so",
			NODE_LLAMA_CPP_GPU: "cuda",
			vscode_lower: "x",
		});
		assert.deepEqual(scrubbed, {
			PATH: "/bin",
			HOME: "/home/me",
			CUDA_VISIBLE_DEVICES: "0",
			...added,
		});
	});
});

describe("loadOptionsFor", () => {
	it("loads the built-in model when no file is selected, in its trained window", () => {
		const options = loadOptionsFor(
			{
				...plainLoadSettings,
			},
			"/ext",
		);
		assert.equal(
			options.file,
			path.join("/ext", "media", "models", "headroom-7m-q8_0.gguf"),
		);
		assert.deepEqual([options.contextWindow, options.threads], [768, null]);
	});

	it("recognizes the built-in model by its path", () => {
		const file = path.join("/ext", "media", "models", "headroom-7m-q8_0.gguf");
		assert.equal(
			loadOptionsFor(
				{
					...plainLoadSettings,
					file,
				},
				"/ext",
			).contextWindow,
			768,
		);
	});

	it("loads the file of the user as it is", () => {
		assert.deepEqual(
			loadOptionsFor(
				{
					...plainLoadSettings,
					file: "/m.gguf",
					gpu: "off",
					threads: 3,
					latencyTargetMs: 250,
				},
				"/ext",
			),
			{
				file: "/m.gguf",
				gpu: "off",
				partialOffload: false,
				threads: 3,
				contextWindow: null,
				latencyTargetMs: 250,
				speculation: "off",
				drafts: [],
				record: null,
			},
		);
	});
});

describe("forkEngine", () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	after(() => rmSync(folder, { recursive: true }));

	const fork = (code: string, inspectPort?: number) => {
		const file = path.join(folder, `${Math.random()}.mjs`);
		writeFileSync(file, code);
		return forkEngine({ file, log: nullLog, inspectPort });
	};

	it("keeps the user's secrets from the process", async () => {
		const file = path.join(folder, "secrets.mjs");
		writeFileSync(file, "process.send(Object.keys(process.env));");
		const process = forkEngine({
			file,
			log: nullLog,
			env: { PATH: "/bin", GITHUB_TOKEN: "x", AWS_SECRET_ACCESS_KEY: "x" },
		});
		const names = await new Promise((resolve) => process.onMessage(resolve));
		assert.ok(Array.isArray(names));
		assert.ok(names.includes("PATH"));
		assert.deepEqual(
			names.filter((name) => /TOKEN|SECRET/.test(name)),
			[],
		);
		process.kill();
	});

	it("carries messages both ways", async () => {
		const process = fork(
			'process.on("message", (it) => process.send({ echo: it }));',
		);
		const answer = new Promise((resolve) => process.onMessage(resolve));
		process.send({ a: [1, "two"] });
		assert.deepEqual(await answer, { echo: { a: [1, "two"] } });
		process.kill();
	});

	for (const [what, code, why] of [
		[
			"its exit code and last words",
			'console.error("out of luck"); process.exitCode = 3;',
			/^exit code 3: out of luck$/,
		],
		[
			"the signal that killed it",
			'process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);',
			/^signal SIGKILL$/,
		],
	] as const)
		it(`reports ${what}`, async () => {
			const process = fork(code);
			const exit = await new Promise<{ why: string }>((resolve) =>
				process.onExit(resolve),
			);
			assert.match(exit.why, why);
		});

	for (const [what, port, expected] of [
		["an inspector where it is given a port", 0, /^ws:\/\/127\.0\.0\.1:\d+\//],
		["no inspector otherwise", undefined, /^undefined$/],
	] as const)
		it(`runs ${what}`, async () => {
			const code =
				'import { url } from "node:inspector"; process.send(`${url()}`);';
			const process = fork(code, port);
			const url = await new Promise((resolve) => process.onMessage(resolve));
			assert.match(String(url), expected);
			process.kill();
		});

	it("ignores messages to a process that is gone", async () => {
		const process = fork("");
		await new Promise((resolve) => process.onExit(resolve));
		process.send({ a: 1 });
		process.kill();
	});
});

describe("engineInspectPort", () => {
	for (const [wanted, isDebugged, expected] of [
		[undefined, false, undefined],
		[undefined, true, 9230],
		["", true, 9230],
		["9555", false, 9555],
		["9555", true, 9555],
		["0", true, undefined],
		["65536", false, undefined],
		["yes", false, undefined],
	] as const)
		it(`of ${JSON.stringify(wanted)} is ${expected} where the extension ${isDebugged ? "is" : "is not"} debugged`, () => {
			const lines: string[] = [];
			const log = logTo((level, message) => lines.push(`${level} ${message}`));
			const env = wanted === undefined ? {} : { [inspectVariable]: wanted };
			assert.equal(engineInspectPort(env, log, isDebugged), expected);
			const isRefused = Boolean(wanted) && expected === undefined;
			assert.deepEqual(
				lines,
				isRefused
					? [`warn ${inspectVariable} is not a port from 1 to 65535: ${wanted}`]
					: [],
			);
		});
});
