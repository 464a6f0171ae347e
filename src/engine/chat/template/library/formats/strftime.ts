/** Python's `strftime`. Always in English, as in the training data. */

type Directive = (date: Date) => string;

const two = (value: number) => String(value).padStart(2, "0");
const named = (options: Intl.DateTimeFormatOptions): Directive => {
	const format = new Intl.DateTimeFormat("en-US", options);
	return (date) => format.format(date);
};
const dayOfYear = (date: Date) =>
	Math.round(
		(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) -
			Date.UTC(date.getFullYear(), 0, 0)) /
			86_400_000,
	);

const directives: Readonly<Record<string, Directive>> = {
	Y: (date) => String(date.getFullYear()),
	y: (date) => two(date.getFullYear() % 100),
	m: (date) => two(date.getMonth() + 1),
	d: (date) => two(date.getDate()),
	e: (date) => String(date.getDate()).padStart(2),
	j: (date) => String(dayOfYear(date)).padStart(3, "0"),
	H: (date) => two(date.getHours()),
	I: (date) => two(date.getHours() % 12 || 12),
	p: (date) => (date.getHours() < 12 ? "AM" : "PM"),
	M: (date) => two(date.getMinutes()),
	S: (date) => two(date.getSeconds()),
	f: (date) => String(date.getMilliseconds() * 1000).padStart(6, "0"),
	w: (date) => String(date.getDay()),
	u: (date) => String(date.getDay() || 7),
	B: named({ month: "long" }),
	b: named({ month: "short" }),
	h: named({ month: "short" }),
	A: named({ weekday: "long" }),
	a: named({ weekday: "short" }),
	n: () => "\n",
	t: () => "\t",
	"%": () => "%",
	// Of a date without a time zone.
	Z: () => "",
	z: () => "",
};

const abbreviations: Readonly<Record<string, string>> = {
	"%c": "%a %b %e %H:%M:%S %Y",
	"%D": "%m/%d/%y",
	"%F": "%Y-%m-%d",
	"%R": "%H:%M",
	"%T": "%H:%M:%S",
	"%X": "%H:%M:%S",
	"%x": "%m/%d/%y",
};

export function strftime(date: Date, format: string): string {
	return format
		.replace(/%%|%[cDFRTXx]/g, (it) => abbreviations[it] ?? it)
		.replace(/%(-?)([a-zA-Z%])/g, (whole, minus: string, letter: string) => {
			const text = directives[letter]?.(date);
			if (text === undefined) return whole;
			return minus === "" ? text : text.replace(/^[0 ]+(?=.)/, "");
		});
}
