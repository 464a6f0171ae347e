/** Whether what was counted comes from a distribution. */

/**
 * How far the counts are from what was expected, as a multiple of the largest value that chance alone exceeds once in ten thousand times (chi-square,
 * its quantile by Wilson and Hilferty 1931). Above 1 it was not chance.
 *
 * @param cells what was counted and what was expected. Those that expect fewer than 5 are taken together.
 */
export function surprise(
	cells: readonly (readonly [counted: number, expected: number])[],
): number {
	const rare = cells.filter(([, expected]) => expected < 5);
	const common = cells.filter(([, expected]) => expected >= 5);
	const together = rare.reduce(
		([counted, expected], it) => [counted + it[0], expected + it[1]] as const,
		[0, 0] as const,
	);
	const all = together[1] > 0 ? [...common, together] : common;
	const statistic = all
		.map(([counted, expected]) => (counted - expected) ** 2 / expected)
		.reduce((sum, it) => sum + it, 0);
	const degrees = all.length - 1;
	const spread = 2 / (9 * degrees);
	const onceInTenThousand = 3.719;
	const limit =
		degrees * (1 - spread + onceInTenThousand * Math.sqrt(spread)) ** 3;
	return statistic / limit;
}
