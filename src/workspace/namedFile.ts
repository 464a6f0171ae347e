/** Resolves a file name that may lack its leading folders. */

export type NamedFile =
	| { readonly kind: "found"; readonly path: string }
	| { readonly kind: "several"; readonly count: number }
	| { readonly kind: "none" };

/**
 * The path itself, or else the only path that ends with it.
 *
 * @param paths relative to the workspace, with forward slashes.
 */
export function fileNamed(name: string, paths: readonly string[]): NamedFile {
	if (paths.includes(name)) return { kind: "found", path: name };
	const ending = `/${name}`;
	const matches = new Set(paths.filter((path) => path.endsWith(ending)));
	const [path] = matches;
	if (path === undefined) return { kind: "none" };
	return matches.size === 1
		? { kind: "found", path }
		: { kind: "several", count: matches.size };
}
