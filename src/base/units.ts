/** Formats and parses quantities. */

/** In binary units with the usual names: 1 GB is 2^30 bytes, as always for memory. */
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

const bytesOfUnit: Readonly<Record<string, number>> = {
	m: 2 ** 20,
	g: 2 ** 30,
	t: 2 ** 40,
};

/** Parses `8GiB`, `8 GB` or `512m`. Undefined for anything else, such as a number without a unit. */
export function parseBytes(text: string): number | undefined {
	const match = /^(\d+(?:\.\d+)?)\s*([mgt])(?:i?b)?$/i.exec(text.trim());
	const unit = bytesOfUnit[match?.[2]?.toLowerCase() ?? ""];
	return match && unit ? Math.round(Number(match[1]) * unit) : undefined;
}
