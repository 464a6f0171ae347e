/** The settings as the editor has them, read as one value and compared when they change. */

import * as vscode from "vscode";
import type { Disposable } from "../../base/disposable.ts";
import { Emitter, type Event } from "../../base/event.ts";
import type { Log } from "../../base/log.ts";
import {
	readSettings,
	type SettingKey,
	type Settings,
} from "../../settings/settings.ts";
import {
	type SettingsEffect,
	settingsEffect,
} from "../../settings/settingsChange.ts";

const section = "headroom";

export class Configuration implements Disposable {
	readonly #log: Log;
	readonly #onDidChange = new Emitter<SettingsEffect>();
	readonly #subscription: Disposable;
	#settings: Settings;

	/** Fires after `settings` has changed, with what that requires of the engine. */
	readonly onDidChange: Event<SettingsEffect> = this.#onDidChange.event;

	constructor(log: Log) {
		this.#log = log;
		this.#settings = this.#read();
		this.#subscription = vscode.workspace.onDidChangeConfiguration((event) => {
			if (!event.affectsConfiguration(section)) return;
			const before = this.#settings;
			this.#settings = this.#read();
			this.#onDidChange.fire(settingsEffect(before, this.#settings));
		});
	}

	get settings(): Settings {
		return this.#settings;
	}

	/** Writes where the value in force comes from: the workspace where it sets one, or else the user's settings. */
	async set<Key extends SettingKey>(
		key: Key,
		value: Settings[Key],
	): Promise<void> {
		const { target } = origin(key);
		await vscode.workspace.getConfiguration(section).update(key, value, target);
	}

	/** Changes what the settings say of one language, and copies nothing there that is written elsewhere. */
	async setLanguage(languageId: string, isEnabled: boolean): Promise<void> {
		const { value } = origin("completion.languages");
		const written = typeof value === "object" ? value : {};
		await this.set("completion.languages", {
			...written,
			[languageId]: isEnabled,
		});
	}

	dispose(): void {
		this.#subscription.dispose();
		this.#onDidChange.dispose();
	}

	#read(): Settings {
		const configuration = vscode.workspace.getConfiguration(section);
		const { settings, invalid } = readSettings((key) => configuration.get(key));
		for (const { key, why } of invalid)
			this.#log.warn(
				`the setting ${section}.${key} is not used, its default is: ${why}`,
			);
		return settings;
	}
}

/** Where a value is written, and what is written there; undefined where it is the default. */
function origin(key: SettingKey): {
	readonly value: unknown;
	readonly target: vscode.ConfigurationTarget;
} {
	const inspected = vscode.workspace
		.getConfiguration(section)
		.inspect<unknown>(key);
	return inspected?.workspaceValue === undefined
		? {
				value: inspected?.globalValue,
				target: vscode.ConfigurationTarget.Global,
			}
		: {
				value: inspected.workspaceValue,
				target: vscode.ConfigurationTarget.Workspace,
			};
}
