/** Quantities as people read them. */

/** Bytes in binary units with the names people use: 1 GB here is 2^30 bytes, as in memory sizes everywhere. */
export function formatBytes(bytes: number): string {
	if (bytes < 1024) return `${bytes} B`;
	const units = ["KB", "MB", "GB", "TB"];
	let value = bytes;
	let unit = "";
	for (unit of units) {
		value /= 1024;
		if (value < 1023.95) break;
	}
	return `${value.toFixed(1)} ${unit}`;
}

export function formatMs(ms: number): string {
	return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export function formatPercent(fraction: number): string {
	return `${Math.round(fraction * 100)} %`;
}
