/** Running other programs, for scripts and tests. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "..");

/** npm runs scripts in the folder of the project; people mean paths from where they stand. */
export const { INIT_CWD: userFolder = "." } = process.env;

export function fromUser(file: string): string {
	return path.resolve(userFolder, file);
}

/** What is downloaded for tests and `npm start`; safe to delete. */
export const cacheFolder = path.join(root, ".vscode-test");

/** A sentence for the user, without a stack. */
export class UserError extends Error {}

/** Runs to the end; throws with the end of what was printed where that fails. */
export function runOrThrow(
	command: string,
	args: readonly string[],
	options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): string {
	const result = spawnSync(command, args, {
		cwd: root,
		encoding: "utf8",
		maxBuffer: 64 * 1024 * 1024,
		...options,
	});
	if (result.status === 0) return result.stdout;
	const output = `${result.error?.message ?? ""}\n${result.stdout}\n${result.stderr}`;
	throw new UserError(
		`"${command} ${args.join(" ")}" failed:\n${output.trim().split("\n").slice(-15).join("\n")}`,
	);
}

/** The path of a program, or undefined. */
export function which(program: string): string | undefined {
	const { PATH = "" } = process.env;
	return PATH.split(path.delimiter)
		.map((folder) => path.join(folder, program))
		.find((file) => existsSync(file));
}

export function canInstallDebianPackages(): boolean {
	return which("apt-get") !== undefined && process.getuid?.() === 0;
}

export function installDebianPackage(name: string): void {
	console.error(`Installing Debian's package ${name} ...`);
	const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
	runOrThrow("apt-get", ["update", "-q"], { env });
	runOrThrow("apt-get", ["install", "-y", "-q", name], { env });
}

/** Installs Debian packages for programs that are missing, where that is possible, and says what to do where it is not. */
export function requireProgram(
	programs: readonly string[],
	debianPackage: string,
): string {
	const find = (): string | undefined =>
		programs.map(which).find((file) => file !== undefined);
	const found = find();
	if (found) return found;
	if (canInstallDebianPackages()) {
		installDebianPackage(debianPackage);
		const installed = find();
		if (installed) return installed;
	}
	throw new UserError(
		`This needs ${programs[0]}. Install it (Debian and Ubuntu: sudo apt-get install ${debianPackage}) and try again.`,
	);
}

/**
 * Runs the main function of a script; a failure that the user can fix is printed as a sentence. The exit code is 0 only where `main`
 * returned 0: when it waits for something that can no longer come, Node ends the process without a word.
 */
export async function runScript(main: () => Promise<number>): Promise<void> {
	process.exitCode = 1;
	const reportDrained = (): void =>
		console.error("The script ended before its work was done.");
	process.once("beforeExit", reportDrained);
	try {
		process.exitCode = await main();
	} catch (thrown) {
		console.error(thrown instanceof UserError ? thrown.message : thrown);
	}
	process.off("beforeExit", reportDrained);
}
