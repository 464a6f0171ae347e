/** Which files may be used as context in the prompts of other files. */

/** Folders where tools keep credentials. Everything in them counts as secret. */
const secretFolders = new Set([
	".ssh",
	".gnupg",
	".aws",
	".azure",
	".kube",
	".gcloud",
	".password-store",
]);

/** Files that are secret by their whole name. */
const secretNames: readonly RegExp[] = [
	/^\.env(?:\..+|rc|-.+|_.+)?$/,
	/^[._](?:npmrc|pypirc|netrc|pgpass|htpasswd|git-credentials|vault-token|s3cfg|boto|my\.cnf|mylogin\.cnf|dockercfg|dockerconfigjson|terraformrc)$/,
	/^(?:htpasswd|terraform\.rc|wp-config\.php|kubeconfig|kubeconfig\.ya?ml)$/,
	/^id_(?:rsa|dsa|ecdsa|ed25519)(?:[-_][^.]*)?$/,
	// Arduino and MicroPython keep the password of the Wi-Fi in `secrets.h` and `secrets.py`.
	/^secrets\.[^.]+$/,
	// Files that Docker mounts as secrets, by their usual names.
	/(?:^|[-_.])password(?:\.txt)?$/,
	/^(?:\.dev\.vars|\.yarnrc\.yml|token\.json|local\.settings\.json)$/,
	/\.tfstate$|\.tfvars(?:\.json)?$/,
	/^(?=.*service[-_]?account).*\.json$/s,
];

const secretExtensions = new Set([
	"env",
	// Keys and certificates with keys.
	"pem",
	"key",
	"p8",
	"p12",
	"pfx",
	"pkcs12",
	"ppk",
	"jks",
	"bks",
	"keystore",
	"keychain",
	"keytab",
	"ovpn",
	"kubeconfig",
	// Encrypted on disk, but decrypted while open in the editor.
	"gpg",
	"pgp",
	"asc",
	"kdb",
	"kdbx",
]);

/** The name of a data file tells what it contains; the name of source code tells what the code is about. */
const dataExtensions = new Set([
	"",
	"json",
	"jsonc",
	"json5",
	"yaml",
	"yml",
	"toml",
	"ini",
	"cfg",
	"cnf",
	"conf",
	"config",
	"properties",
	"plist",
	"xml",
	"txt",
	"csv",
	"enc",
]);
const secretData =
	/secret|credential|passwords|passwd|authtoken|accesstoken|apikey|accesskey|privatekey|adminsdk/;

/** Templates are meant to be published: they name the variables without their values. */
const isTemplate = /\.(?:example|sample|template|tmpl|dist|schema)(?:\.|$)/;
const backupEndings = "~ .bak .backup .old .orig .save .swp".split(" ");

/**
 * Whether a file looks by its path as if it held keys or passwords. Source code about secrets is none: `secretService.ts`,
 * `credentials.test.ts`. Where in doubt it is true: that costs one file of context.
 *
 * @param path relative to the workspace, with forward slashes, in any case.
 */
export function looksSecret(path: string): boolean {
	const folders = path.toLowerCase().split("/");
	const name = withoutBackupEndings(folders.pop() ?? "");
	if (folders.some((folder) => secretFolders.has(folder))) return true;
	const extension = extensionOf(name);
	if (secretExtensions.has(extension)) return true;
	if (isTemplate.test(name)) return false;
	if (
		secretNames.some((pattern) => pattern.test(name)) ||
		// Logins to registries. Projects keep other things in a folder of that name.
		(name === "config.json" && folders.at(-1) === ".docker")
	)
		return true;
	return (
		dataExtensions.has(extension) &&
		(secretData.test(name.replace(/[-_. ]/g, "")) ||
			folders.some((it) => it === "secrets" || it === "credentials"))
	);
}

function withoutBackupEndings(name: string): string {
	let end = name.length;
	for (;;) {
		const ending = backupEndings.find((it) => name.endsWith(it, end));
		if (ending === undefined) return name.slice(0, end);
		end -= ending.length;
	}
}

/** Folders of third-party code or no code, even if no `.gitignore` lists them. */
const foreignFolders = new Set([
	"node_modules",
	"bower_components",
	"site-packages",
	"__pycache__",
	".git",
	".venv",
]);

/**
 * Generated files without useful names. Not among them: generated code that is called by hand, such as `api.pb.go`, and `dist` and `vendor`,
 * which are part of the project unless git ignores them.
 */
const generatedNames: readonly RegExp[] = [
	/^(?:package-lock\.json|npm-shrinkwrap\.json|packages\.lock\.json|pnpm-lock\.ya?ml|go\.sum)$/,
	/[.-](?:lock|lockb|lockfile)$/,
	/[.-]min\.(?:js|mjs|cjs|css)$/,
	/\.(?:map|snap|log|svg|ipynb|jsonl|csv|tsv)$/,
	/\.(?:png|jpe?g|gif|webp|ico|pdf|zip|gz|tar|jar|wasm|so|dll|dylib|exe|bin|gguf|woff2?|ttf|otf|mp[34]|class|pyc)$/,
];

/**
 * Whether text of this file may enter the prompt of another file.
 *
 * @param path relative to the workspace, with forward slashes.
 * @param isIgnored see `ignoredBy`.
 */
export function isContextFile(
	path: string,
	isIgnored: (path: string) => boolean,
): boolean {
	const folders = path.toLowerCase().split("/");
	const name = folders.pop() ?? "";
	return (
		name !== "" &&
		!folders.some((folder) => foreignFolders.has(folder)) &&
		!generatedNames.some((pattern) => pattern.test(name)) &&
		!looksSecret(path) &&
		!isIgnored(path)
	);
}

/**
 * Whether prompts of a document may be kept on disk: they hold its text, so its file must be on that disk too, and must not look secret.
 *
 * @param path relative to the workspace.
 */
export function mayKeepPrompts(uri: string, path: string): boolean {
	return /^(?:file|vscode-notebook-cell):/.test(uri) && !looksSecret(path);
}

/** Without the dot; empty where there is none, or only a leading dot. */
function extensionOf(name: string): string {
	const dot = name.lastIndexOf(".");
	return dot > 0 ? name.slice(dot + 1) : "";
}
