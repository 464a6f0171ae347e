/** What was sampled over time, and by how much it grows. */

export interface Sample {
	/** Since the start. */
	readonly minutes: number;
	readonly value: number;
}

export interface Trend {
	readonly first: number;
	readonly last: number;
	readonly max: number;
	/** By least squares over all samples but those of the first fifth, in which caches fill. */
	readonly perMinute: number;
	/** Standard error of the slope: a slope within two of them is noise. */
	readonly errorPerMinute: number;
}

export function trendOf(samples: readonly Sample[]): Trend {
	const settled = samples.slice(Math.floor(samples.length / 5));
	const count = settled.length;
	const mean = (of: (sample: Sample) => number) =>
		settled.reduce((sum, it) => sum + of(it), 0) / Math.max(count, 1);
	const meanMinutes = mean((it) => it.minutes);
	const meanValue = mean((it) => it.value);
	const spread = settled.reduce(
		(sum, { minutes }) => sum + (minutes - meanMinutes) ** 2,
		0,
	);
	const perMinute =
		spread === 0
			? 0
			: settled.reduce(
					(sum, { minutes, value }) =>
						sum + (minutes - meanMinutes) * (value - meanValue),
					0,
				) / spread;
	const residual = settled.reduce(
		(sum, { minutes, value }) =>
			sum + (value - meanValue - perMinute * (minutes - meanMinutes)) ** 2,
		0,
	);
	return {
		first: rounded(settled[0]?.value ?? 0),
		last: rounded(settled.at(-1)?.value ?? 0),
		max: rounded(Math.max(0, ...samples.map(({ value }) => value))),
		perMinute: rounded(perMinute),
		errorPerMinute: rounded(
			count > 2 && spread > 0 ? Math.sqrt(residual / (count - 2) / spread) : 0,
		),
	};
}

function rounded(value: number): number {
	return Math.round(value * 1000) / 1000;
}
