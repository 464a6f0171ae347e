/** Renders a parsed template. */

import type {
	Body,
	CallStatement,
	FilterCall,
	ForStatement,
	Parameter,
	Statement,
	Target,
} from "../syntax/ast.ts";
import { allowedChars } from "../values/limits.ts";
import { isTrue, itemsOf } from "../values/measure.ts";
import { show } from "../values/show.ts";
import {
	Arguments,
	Callable,
	Dict,
	Namespace,
	TemplateError,
	Tuple,
	Undefined,
	type Value,
} from "../values/value.ts";
import { applyFilter, call, evaluate, evaluateArguments } from "./evaluate.ts";
import { type LoopFacts, Round } from "./loop.ts";
import { Scope } from "./scope.ts";

/** @param variables the names that the template may use besides those of the language. */
export function render(
	body: Body,
	variables: Iterable<readonly [name: string, value: Value]>,
): string {
	const scope = new Scope();
	for (const [name, value] of variables) scope.set(name, value);
	return textOf(body, new Scope(scope));
}

/** Why a body ends before its last statement. */
type Jump = "break" | "continue" | undefined;

class Output {
	readonly #pieces: string[] = [];
	#length = 0;

	write(text: string): void {
		this.#length = allowedChars(this.#length + text.length);
		this.#pieces.push(text);
	}

	toString(): string {
		return this.#pieces.join("");
	}
}

function textOf(body: Body, scope: Scope): string {
	const output = new Output();
	run(body, scope, output);
	return output.toString();
}

function run(body: Body, scope: Scope, output: Output): Jump {
	for (const statement of body) {
		const jump = runStatement(statement, scope, output);
		if (jump) return jump;
	}
	return undefined;
}

function runStatement(
	statement: Statement,
	scope: Scope,
	output: Output,
): Jump {
	switch (statement.kind) {
		case "text":
			output.write(statement.text);
			return undefined;
		case "output":
			output.write(show(evaluate(statement.value, scope)));
			return undefined;
		case "if": {
			const { test, body, otherwise } = statement;
			return run(
				isTrue(evaluate(test, scope)) ? body : otherwise,
				scope,
				output,
			);
		}
		case "for":
			runLoop(
				statement,
				itemsOf(evaluate(statement.iterable, scope)),
				scope,
				output,
				1,
			);
			return undefined;
		case "set":
			assign(statement.target, evaluate(statement.value, scope), scope);
			return undefined;
		case "setBlock": {
			const { target, filters, body } = statement;
			assign(
				target,
				filtered(textOf(body, new Scope(scope)), filters, scope),
				scope,
			);
			return undefined;
		}
		case "filterBlock": {
			const text = textOf(statement.body, new Scope(scope));
			output.write(show(filtered(text, statement.filters, scope)));
			return undefined;
		}
		case "macro": {
			const { name, parameters, body } = statement;
			scope.set(name, macro(name, parameters, body, scope));
			return undefined;
		}
		case "call":
			output.write(show(runCall(statement, scope)));
			return undefined;
		case "with": {
			const inner = new Scope(scope);
			for (const [target, it] of statement.names)
				assign(target, evaluate(it, scope), inner);
			return run(statement.body, inner, output);
		}
		case "scope":
			return run(statement.body, new Scope(scope), output);
		default:
			return statement.kind;
	}
}

function runLoop(
	loop: ForStatement,
	all: readonly Value[],
	outer: Scope,
	output: Output,
	depth: number,
): void {
	const { target, test, body, otherwise, isRecursive } = loop;
	const items = test
		? all.filter((item) => {
				const scope = new Scope(outer);
				assign(target, item, scope);
				return isTrue(evaluate(test, scope));
			})
		: all;
	const recurse = (args: Arguments): Value => {
		const [children = null] = args.take("loop", ["iterable"]);
		const inner = new Output();
		runLoop(loop, itemsOf(children), outer, inner, depth + 1);
		return inner.toString();
	};
	const loopFacts: LoopFacts = {
		items,
		depth,
		call: isRecursive ? recurse : undefined,
		lastChecked: undefined,
	};
	for (const [at, item] of items.entries()) {
		const scope = new Scope(outer);
		scope.set("loop", new Round(loopFacts, at));
		assign(target, item, scope);
		if (run(body, scope, output) === "break") break;
	}
	if (items.length === 0) run(otherwise, new Scope(outer), output);
}

function filtered(
	text: string,
	filters: readonly FilterCall[],
	scope: Scope,
): Value {
	return filters.reduce<Value>(
		(input, { name, args }) => applyFilter(name, input, args, scope),
		text,
	);
}

function assign(target: Target, value: Value, scope: Scope): void {
	if (target.kind === "name") scope.set(target.name, value);
	else if (target.kind === "attribute") {
		const object = scope.get(target.object);
		if (!(object instanceof Namespace))
			throw new TemplateError(`${target.object} is not a namespace`);
		object.set(target.name, value);
	} else {
		const items = itemsOf(value);
		if (items.length !== target.items.length)
			throw new TemplateError(
				`${items.length} values for ${target.items.length} names`,
			);
		for (const [at, it] of target.items.entries())
			assign(it, items[at] as Value, scope);
	}
}

function runCall(statement: CallStatement, scope: Scope): Value {
	const { parameters, body, call: called } = statement;
	const caller = macro("caller", parameters, body, scope);
	const args = evaluateArguments(called.args, scope);
	const callee = evaluate(called.callee, scope);
	return call(
		callee,
		new Arguments(
			args.positional,
			new Map([...args.named, ["caller", caller]]),
		),
	);
}

function macro(
	name: string,
	parameters: readonly Parameter[],
	body: Body,
	outer: Scope,
): Callable {
	return new Callable(({ positional, named }) => {
		const scope = new Scope(outer);
		const rest = new Map(named);
		const caller = rest.get("caller");
		if (caller) scope.set("caller", caller);
		for (const [at, { name: parameter, otherwise }] of parameters.entries()) {
			const given =
				at < positional.length ? positional[at] : rest.get(parameter);
			rest.delete(parameter);
			if (given !== undefined) scope.set(parameter, given);
			else if (otherwise) scope.set(parameter, evaluate(otherwise, scope));
			else scope.set(parameter, new Undefined(`${name}() needs ${parameter}`));
		}
		rest.delete("caller");
		scope.set("varargs", new Tuple(positional.slice(parameters.length)));
		scope.set("kwargs", new Dict(rest));
		return textOf(body, scope);
	});
}
