/** Many small waits at once, but never more than a few. */

/** The results in the order of the items. Rejects with the first rejection. */
export async function inParallel<Item, Value>(
	items: readonly Item[],
	atOnce: number,
	work: (item: Item) => Promise<Value>,
): Promise<Value[]> {
	const values: Value[] = [];
	// One iterator for all workers: each takes the next item that none has taken.
	const left = items.entries();
	const worker = async () => {
		for (const [index, item] of left) values[index] = await work(item);
	};
	await Promise.all(
		Array.from({ length: Math.min(atOnce, items.length) }, worker),
	);
	return values;
}
