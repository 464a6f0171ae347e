/** Reads the settings of the editor as one value, and reports what a change requires. */

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

	/** Writes to the scope that the current value comes from: the workspace if it sets one, or else the user settings. */
	async set<Key extends SettingKey>(
		key: Key,
		value: Settings[Key],
	): Promise<void> {
		const { target } = origin(key);
		await vscode.workspace.getConfiguration(section).update(key, value, target);
	}

	/** Changes the entry of one language, without copying entries from other scopes. */
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
				`the setting ${section}.${key} is invalid, its default is used: ${why}`,
			);
		return settings;
	}
}

/** The scope that a value comes from, and the value there; undefined where it is the default. */
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
