/**
 * The suite that runs inside VS Code's extension host, on the desktop and on the server alike: exports `run`, and writes its
 * figures to the file that HEADROOM_TEST_RESULT names.
 */

import { writeFileSync } from "node:fs";

export async function run(): Promise<void> {
	// Imported here, because it is an ES module and this file becomes a CommonJS one.
	const { default: Mocha } = await import("mocha");
	const mocha = new Mocha({ ui: "bdd", timeout: 600_000, reporter: "min" });
	mocha.suite.emit("pre-require", globalThis, "", mocha);
	await import("./extension.test.ts");
	await import("./ghostText.test.ts");
	await import("./editorContext.test.ts");
	await import("./answerActions.test.ts");
	await import("./languageServerNames.test.ts");
	await import("./secrets.test.ts");
	const tests: {
		title: string;
		error?: string;
		ms: number;
		isSkipped?: boolean;
	}[] = [];
	const { HEADROOM_TEST_RESULT: file } = process.env;
	// After each test: what is there counts, too, where one never ends.
	const write = (): void => {
		if (file) writeFileSync(file, JSON.stringify(tests));
	};
	const failures = await new Promise<number>((resolve) => {
		mocha
			.run(resolve)
			.on("test end", write)
			.on("pass", (test) =>
				tests.push({ title: test.fullTitle(), ms: test.duration ?? 0 }),
			)
			.on("pending", (test) =>
				tests.push({ title: test.fullTitle(), ms: 0, isSkipped: true }),
			)
			.on("fail", (test, error) =>
				tests.push({
					title: test.fullTitle(),
					ms: test.duration ?? 0,
					error: String(error.stack ?? error),
				}),
			);
	});
	write();
	if (failures > 0) throw new Error(`${failures} tests failed`);
}
