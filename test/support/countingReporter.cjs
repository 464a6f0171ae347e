/** Mocha's usual report, and its figures and failures in the file that HEADROOM_TEST_COUNTS names. */

const { writeFileSync } = require("node:fs");
const mocha = require("mocha");

const { Spec } = (mocha.default ?? mocha).reporters;

module.exports = class CountingReporter extends Spec {
	constructor(runner, options) {
		super(runner, options);
		const failures = [];
		runner.on("fail", (test, error) =>
			failures.push(`${test.fullTitle()}\n${error?.stack ?? error}`),
		);
		runner.once("end", () => {
			const { passes, failures: failed, pending } = this.stats;
			writeFileSync(
				process.env.HEADROOM_TEST_COUNTS,
				JSON.stringify({
					passed: passes,
					failed,
					skipped: pending,
					failures,
				}),
			);
		});
	}
};
