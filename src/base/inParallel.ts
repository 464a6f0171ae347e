/** Bounded parallelism. */

/** The results in the order of the items. Rejects with the first rejection. */
export async function inParallel<Item, Value>(
	items: readonly Item[],
	atOnce: number,
	work: (item: Item) => Promise<Value>,
): Promise<Value[]> {
	const values: Value[] = [];
	// One iterator shared by all workers: each takes the next item.
	const left = items.entries();
	const worker = async () => {
		for (const [index, item] of left) values[index] = await work(item);
	};
	await Promise.all(
		Array.from({ length: Math.min(atOnce, items.length) }, worker),
	);
	return values;
}
