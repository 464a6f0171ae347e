import assert from "node:assert/strict";
import * as vscode from "vscode";
import { Emitter } from "../../../src/base/event.ts";
import { nullLog } from "../../../src/base/log.ts";
import { ContextStore } from "../../../src/completion/context/contextStore.ts";
import { ReferenceSync } from "../../../src/completion/context/referenceSync.ts";
import { RepositoryContext } from "../../../src/completion/context/repositoryContext.ts";
import type { References } from "../../../src/protocol/references.ts";
import { EditorContext } from "../../../src/vscode/chat/editorContext.ts";
import { ContextWatcher } from "../../../src/vscode/completion/contextWatcher.ts";
import { snapshotOf } from "../../../src/vscode/completion/documentSnapshot.ts";
import { SnippetStore } from "../../../src/vscode/completion/snippetStore.ts";
import { LastEditor } from "../../../src/vscode/workspace/lastEditor.ts";
import { WorkspaceFiles } from "../../../src/vscode/workspace/workspaceFiles.ts";
import { until } from "../../support/until.ts";
import {
	headroomExtension,
	openFile,
	removeFiles,
	run,
	write,
} from "./editor.ts";

/** Each stands in one place that must stay out of every prompt, with code around it that would be of use. */
const canaries = {
	"made/.env": "canaryEnvironment",
	"made/deploy.pem": "canaryCertificate",
	"made/id_ed25519": "canaryKey",
	"made/secrets.yaml": "canaryYaml",
	"made/out/built.ts": "canaryIgnored",
} as const;
const clipboardCanary = "canaryClipboard";
/** The same, where it may be seen: without it, nothing would be shown. */
const known = "knownFunction";

const code = (name: string) =>
	`export function ${name}(first: number) {\n\treturn first * 2;\n}\n`;

describe("what must not be seen", () => {
	afterEach(async () => {
		await run("workbench.action.revertAndCloseActiveEditor");
		await run("workbench.action.closeAllEditors");
		await removeFiles("made");
	});

	it("is in no prompt, no reference, no kept snippet and no log", async () => {
		const files = new WorkspaceFiles((path) => path.startsWith("made/out/"));
		const store = new ContextStore((path) => files.mayShow(path));
		const started = new Emitter<void>();
		const read = new Emitter<void>();
		const sent: References[] = [];
		const kept = new Map<string, unknown>();
		const references = new ReferenceSync({
			engine: {
				sendReferences: (them) => {
					sent.push(them);
					return true;
				},
				onDidStart: started.event,
			},
			files: () => store.texts(),
		});
		const context = new RepositoryContext({
			store,
			memory: new SnippetStore({
				memento: {
					keys: () => [...kept.keys()],
					get: (key: string) => kept.get(key) as never,
					update: async (key: string, value: unknown) => {
						kept.set(key, value);
					},
				},
				isWanted: () => true,
				log: nullLog,
			}),
			mayShow: (path) => files.mayShow(path),
			repositoryOf: () => "made",
			budgetTokens: () => 4096,
		});
		const watcher = new ContextWatcher({
			store,
			onDidReadRules: read.event,
			isWanted: () => false,
			hasRoom: () => true,
			onIdle: async () => true,
		});
		const lastEditor = new LastEditor();
		const chat = new EditorContext({ lastEditor, files });
		try {
			await vscode.env.clipboard.writeText(code(clipboardCanary));
			for (const [path, name] of Object.entries({
				...canaries,
				"made/seen.ts": known,
			})) {
				await write(path, code(name));
				const editor = await openFile(path);
				await editor.edit((it) =>
					it.insert(new vscode.Position(0, 0), `// ${name}\n`),
				);
				await editor.document.save();
			}
			// Alike to all of them.
			await write(
				"made/asking.ts",
				"export function tripled(first: number) {\n\treturn first * ",
			);
			const editor = await openFile("made/asking.ts");
			const seen = () => {
				const snapshot = snapshotOf(
					editor.document,
					editor.document.positionAt(editor.document.getText().length),
				);
				const proposed = context.propose(snapshot);
				context.accept(snapshot.uri, proposed);
				references.update();
				return proposed.snippets;
			};
			await until("what may be seen", () =>
				JSON.stringify(seen()).includes(known),
			);
			const question = await chat.attachmentsFor("What is doubled?");
			const folder = await chat.attachmentsFor("What is in #folder:made?");
			assert.ok(question.ok && folder.ok);
			const all = {
				snippets: seen(),
				sent,
				kept: [...kept],
				attached: [question.value, folder.value],
				log: headroomExtension().exports.recentLog(),
			};
			for (const [where, what] of Object.entries(all)) {
				const text = JSON.stringify(what);
				for (const canary of [...Object.values(canaries), clipboardCanary])
					assert.ok(!text.includes(canary), `${canary} is in ${where}`);
				if (where !== "log")
					assert.ok(text.includes(known), `nothing is in ${where}`);
			}
		} finally {
			chat.dispose();
			lastEditor.dispose();
			watcher.dispose();
			references.dispose();
		}
	});
});
