/** What the log says of the memory of each load: predicted bytes over allocated ones. */

const units: Readonly<Record<string, number>> = { MB: 1, GB: 1024 };

export function predictions(lines: readonly string[]): readonly number[] {
	return lines.flatMap((line) => {
		const found = /predicted ([\d.]+) (\wB), allocated ([\d.]+) (\wB)/.exec(
			line,
		);
		if (!found) return [];
		const [, predicted = "", unit = "", allocated = "", other = ""] = found;
		const ratio =
			(Number(predicted) * (units[unit] ?? Number.NaN)) /
			(Number(allocated) * (units[other] ?? Number.NaN));
		return [Math.round(ratio * 1000) / 1000];
	});
}
