/**
 * The way into every command of the README, also on a checkout where nothing was installed yet: installs and builds what
 * is missing, then runs `scripts/NAME.ts`. Plain JavaScript on Node alone, because it runs before there is anything else.
 */

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const [name, ...args] = process.argv.slice(2);

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19))
	fail(`Headroom needs Node.js 20.19 or newer; this is ${process.version}.`);
if (!existsSync(path.join(root, "scripts", `${name}.ts`)))
	fail(`There is no script named "${name}".`);

if (!isInstalled()) {
	console.error(
		"Installing the packages that package-lock.json names (once, about a minute) ...",
	);
	// `npm ci` installs exactly what the lock file names. It refuses a lock file that package.json has run ahead of, as it does while a
	// dependency is being changed; only then does `npm install` decide. What npm prints goes to stderr: some commands have their result on stdout.
	const command = isLockCurrent() ? ["ci"] : ["install", "--no-save"];
	if (npm([...command, "--no-audit", "--no-fund"]) !== 0)
		fail(
			"The packages could not be installed; what npm printed above says why.",
		);
}
if (run(process.execPath, ["esbuild.js"]) !== 0)
	fail("The build failed; see above.");

const script = path.join(root, "scripts", `${name}.ts`);
const child = spawn(
	process.execPath,
	["--import", import.meta.resolve("tsx"), script, ...args],
	{ stdio: "inherit" },
);
// The script puts away what it started; this process only waits for it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
	process.on(signal, () => child.kill(signal));
// npm passes no signal on when it is the one that is ended.
const parent = process.ppid;
setInterval(() => {
	if (process.ppid !== parent) child.kill("SIGTERM");
}, 1000).unref();
child.on("exit", (code) => {
	process.exitCode = code ?? 1;
});

/** Whether node_modules holds the versions that the lock file names. */
function isInstalled() {
	const locked = packagesOf("package-lock.json");
	const installed = packagesOf("node_modules/.package-lock.json");
	if (!locked || !installed) return false;
	return Object.entries(locked).every(
		([key, entry]) =>
			key === "" || entry.optional || installed[key]?.version === entry.version,
	);
}

/** Whether the lock file was made from the dependencies that package.json names now. */
function isLockCurrent() {
	const manifest = JSON.parse(
		readFileSync(path.join(root, "package.json"), "utf8"),
	);
	const locked = packagesOf("package-lock.json")?.[""] ?? {};
	return ["dependencies", "devDependencies", "optionalDependencies"].every(
		(kind) => isDeepStrictEqual(manifest[kind] ?? {}, locked[kind] ?? {}),
	);
}

function packagesOf(file) {
	try {
		return JSON.parse(readFileSync(path.join(root, file), "utf8")).packages;
	} catch {
		return undefined;
	}
}

function npm(args) {
	// npm on Windows is a script of the shell there.
	return process.platform === "win32"
		? run("npm.cmd", args, { shell: true })
		: run("npm", args);
}

function run(command, args, options = {}) {
	return spawnSync(command, args, {
		cwd: root,
		stdio: ["ignore", 2, 2],
		...options,
	}).status;
}

function fail(sentence) {
	console.error(sentence);
	process.exit(1);
}
