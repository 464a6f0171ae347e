/** Finds a text that a regular expression takes too long for. */

import vm from "node:vm";
import { type Attack, attacksOn, attackText } from "./attacks.ts";

const smallChars = 4000;
const mediumChars = 4 * smallChars;
const largeChars = 200_000;
/** Four times the text takes a linear expression four times as long, and sixteen times one whose time is quadratic. */
const suspiciousGrowth = 8;
const suspiciousMs = 0.3;
/** One that tries each way to split the text is slow for a small text already. */
const surelySlowMs = 50;
/**
 * The first attack that makes the expression slow, as a message; undefined where there is none.
 *
 * @param tooLongMs for the large text: a linear expression takes milliseconds, and one whose time is quadratic half a minute.
 */
export function slowAttack(
	{ source, flags }: Pick<RegExp, "source" | "flags">,
	tooLongMs = 1000,
): string | undefined {
	const context = vm.createContext({ regex: new RegExp(source, flags) });
	const msOf = (attack: Attack, chars: number): number => {
		context["text"] = attackText(attack, chars);
		const start = process.cpuUsage();
		for (;;) {
			try {
				script.runInContext(context, { timeout: 4 * tooLongMs });
				break;
			} catch (thrown) {
				const { code } = thrown as { code?: string };
				if (code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw thrown;
			}
			// On a busy machine there may have been little time of the processor.
			if (msSince(start) >= tooLongMs) break;
		}
		return msSince(start);
	};
	/** The large text is only worth its time where the time seems to grow faster than the text. */
	const isSuspicious = (attack: Attack): boolean => {
		const ms = msOf(attack, mediumChars);
		return (
			ms > surelySlowMs ||
			(ms > suspiciousMs && ms > suspiciousGrowth * msOf(attack, smallChars))
		);
	};
	const attack = attacksOn(source, flags).find(
		(it) =>
			isSuspicious(it) && isSuspicious(it) && msOf(it, largeChars) >= tooLongMs,
	);
	if (!attack) return undefined;
	const { head, pumped, tail } = attack;
	return [head, `${pumped} again and again`, tail]
		.map((it) => JSON.stringify(it))
		.join(" + ");
}

/** Time of the processor, however busy the machine is. */
function msSince(start: NodeJS.CpuUsage): number {
	const { user, system } = process.cpuUsage(start);
	return (user + system) / 1000;
}

/** Finds all matches, as `replace` does. */
const script = new vm.Script(`
	regex.lastIndex = 0;
	if (!regex.global && !regex.sticky) regex.test(text);
	else
		for (let at = 0, match; (match = regex.exec(text)); at = regex.lastIndex)
			if (match[0] === "") regex.lastIndex++;
`);
