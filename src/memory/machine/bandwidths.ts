/** Peak memory bandwidth of devices, by the names that drivers report. A measurement on the machine itself is always better. */

/**
 * GB/s, from the GPU tables of whichllm and llmfit, which agree on these. For names that cover two versions, the slower one. Used
 * until the first measurement.
 */
const gigabytesPerSecond: Readonly<Record<string, number>> = {
	"rtx 5090": 1792,
	"rtx 5080": 960,
	"rtx 5070 ti": 896,
	"rtx 5070": 672,
	"rtx 5060 ti": 448,
	"rtx 5060": 448,
	"rtx 4090": 1008,
	"rtx 4080 super": 736,
	"rtx 4080": 717,
	"rtx 4070 ti super": 672,
	"rtx 4070 ti": 504,
	"rtx 4070 super": 504,
	"rtx 4070": 504,
	"rtx 4060 ti": 288,
	"rtx 4060": 272,
	"rtx 3090 ti": 1008,
	"rtx 3090": 936,
	"rtx 3080 ti": 912,
	"rtx 3080": 760,
	"rtx 3070 ti": 608,
	"rtx 3070": 448,
	"rtx 3060 ti": 448,
	"rtx 3060": 360,
	"rtx 3050": 224,
	"rtx 2080 ti": 616,
	"rtx 2080 super": 496,
	"rtx 2080": 448,
	"rtx 2070": 448,
	"rtx 2060": 336,
	"gtx 1660 ti": 288,
	"gtx 1660 super": 336,
	"gtx 1660": 192,
	"gtx 1650": 128,
	h200: 4800,
	h100: 3350,
	"h100 pcie": 2039,
	"a100 80gb": 2039,
	a100: 1555,
	"rtx pro 6000": 1792,
	"rtx 6000 ada": 960,
	"rtx a6000": 768,
	"rtx a5000": 768,
	l40: 864,
	l40s: 864,
	a40: 696,
	a10: 600,
	v100: 900,
	p100: 732,
	p40: 347,
	l4: 300,
	t4: 320,
	gb10: 273,
	mi300x: 5300,
	mi250x: 3277,
	mi210: 1638,
	"rx 9070 xt": 640,
	"rx 9070": 560,
	"rx 9060 xt": 320,
	"rx 7900 xtx": 960,
	"rx 7900 xt": 800,
	"rx 7900 gre": 576,
	"rx 7800 xt": 624,
	"rx 7700 xt": 432,
	"rx 7600": 288,
	"rx 6950 xt": 576,
	"rx 6900 xt": 512,
	"rx 6800 xt": 512,
	"rx 6800": 512,
	"rx 6700 xt": 384,
	"rx 6600 xt": 256,
	"rx 6600": 224,
	"arc b70": 608,
	"radeon 8060s": 256,
	"radeon 890m": 120,
	"radeon 780m": 90,
	"radeon 680m": 75,
	"apple m1": 68,
	"apple m1 pro": 200,
	"apple m1 max": 400,
	"apple m1 ultra": 800,
	"apple m2": 100,
	"apple m2 pro": 200,
	"apple m2 max": 400,
	"apple m2 ultra": 800,
	"apple m3": 100,
	"apple m3 pro": 150,
	"apple m3 max": 300,
	"apple m3 ultra": 819,
	"apple m4": 120,
	"apple m4 pro": 273,
	"apple m4 max": 410,
	"apple m5": 153.6,
	"apple m5 pro": 307,
	"apple m5 max": 614,
};

const entries = Object.entries(gigabytesPerSecond)
	.map(([key, gigabytes]) => ({
		words: key.split(" "),
		bytesPerSecond: gigabytes * 1e9,
	}))
	// The longest match wins: "RTX 4070 Ti SUPER" is not an RTX 4070.
	.sort((a, b) => b.words.length - a.words.length);

/** Undefined for unknown names, and for laptops, where the same name means about half the bandwidth. */
export function bandwidthOfDevice(name: string): number | undefined {
	if (/laptop|mobile|max-q/i.test(name)) return undefined;
	const words = new Set(
		name
			.toLowerCase()
			.replace(/\((?:r|tm)\)/g, "")
			.split(/[^a-z0-9]+/),
	);
	return entries.find((entry) => entry.words.every((it) => words.has(it)))
		?.bytesPerSecond;
}
