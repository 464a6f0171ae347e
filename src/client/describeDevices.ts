/** Asks a process of its own for the devices of this machine, and ends it: no model is loaded for that. */

import { failure, type Result, success } from "../base/result.ts";
import type { Device } from "../protocol/device.ts";
import {
	FromEngine,
	type Gpu,
	type ToEngine,
} from "../protocol/engineProtocol.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../protocol/errors.ts";
import type { EngineProcess } from "./engineProcess.ts";

const requestId = "devices";

/** Settles when the process has ended, at the latest. */
export function describeDevices(
	fork: () => EngineProcess,
	gpu: Gpu,
): Promise<Result<readonly Device[], HeadroomError>> {
	return new Promise((resolve) => {
		let engine: EngineProcess;
		try {
			engine = fork();
		} catch (thrown) {
			resolve(
				failure(createError("engineCrashed", { why: messageOf(thrown) })),
			);
			return;
		}
		const send = (message: ToEngine): void => engine.send(message);
		const end = (result: Result<readonly Device[], HeadroomError>): void => {
			resolve(result);
			send({ kind: "shutdown" });
		};
		engine.onExit(({ why }) =>
			resolve(failure(createError("engineCrashed", { why }))),
		);
		engine.onMessage((raw) => {
			const { data: message } = FromEngine.safeParse(raw);
			switch (message?.kind) {
				case "hello":
					send({ kind: "describeDevices", requestId, gpu });
					return;
				case "devices":
					end(success(message.devices));
					return;
				case "failed":
					end(failure(message.error));
					return;
				default:
			}
		});
	});
}
