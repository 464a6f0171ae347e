/** The parts of a template after parsing. */

import type { Value } from "../values/value.ts";

export type Expression =
	| { readonly kind: "constant"; readonly value: Value }
	| { readonly kind: "name"; readonly name: string }
	| { readonly kind: "list"; readonly items: readonly Expression[] }
	| { readonly kind: "tuple"; readonly items: readonly Expression[] }
	| {
			readonly kind: "dict";
			readonly entries: readonly (readonly [Expression, Expression])[];
	  }
	| {
			readonly kind: "attribute";
			readonly object: Expression;
			readonly name: string;
	  }
	| {
			readonly kind: "item";
			readonly object: Expression;
			readonly key: Expression;
	  }
	| ({ readonly kind: "slice"; readonly object: Expression } & Slice)
	| {
			readonly kind: "call";
			readonly callee: Expression;
			readonly args: CallArguments;
	  }
	| ({ readonly kind: "filter"; readonly input: Expression } & FilterCall)
	| ({ readonly kind: "test"; readonly input: Expression } & FilterCall)
	| {
			readonly kind: "condition";
			readonly test: Expression;
			readonly then: Expression;
			readonly otherwise: Expression | undefined;
	  }
	| {
			readonly kind: "and" | "or";
			readonly left: Expression;
			readonly right: Expression;
	  }
	| { readonly kind: "not"; readonly operand: Expression }
	| {
			readonly kind: "sign";
			readonly isNegative: boolean;
			readonly operand: Expression;
	  }
	| {
			readonly kind: "arithmetic";
			readonly operator: string;
			readonly left: Expression;
			readonly right: Expression;
	  }
	| { readonly kind: "concatenation"; readonly parts: readonly Expression[] }
	| {
			readonly kind: "comparison";
			readonly first: Expression;
			readonly rest: readonly {
				readonly operator: string;
				readonly operand: Expression;
			}[];
	  };

interface Slice {
	readonly start: Expression | undefined;
	readonly stop: Expression | undefined;
	readonly step: Expression | undefined;
}

export interface CallArguments {
	readonly positional: readonly Expression[];
	readonly named: readonly (readonly [name: string, value: Expression])[];
	/** `*list` */
	readonly list: Expression | undefined;
	/** `**dict` */
	readonly dict: Expression | undefined;
}

/** A filter or a test, without what it is applied to. */
export interface FilterCall {
	readonly name: string;
	readonly args: CallArguments;
}

export type Target =
	| { readonly kind: "name"; readonly name: string }
	| {
			readonly kind: "attribute";
			readonly object: string;
			readonly name: string;
	  }
	| { readonly kind: "tuple"; readonly items: readonly Target[] };

export type Body = readonly Statement[];

export interface Parameter {
	readonly name: string;
	readonly otherwise: Expression | undefined;
}

export interface ForStatement {
	readonly kind: "for";
	readonly target: Target;
	readonly iterable: Expression;
	readonly test: Expression | undefined;
	readonly body: Body;
	readonly otherwise: Body;
	readonly isRecursive: boolean;
}

interface MacroStatement {
	readonly kind: "macro";
	readonly name: string;
	readonly parameters: readonly Parameter[];
	readonly body: Body;
}

export interface CallStatement {
	readonly kind: "call";
	readonly parameters: readonly Parameter[];
	readonly call: Extract<Expression, { readonly kind: "call" }>;
	readonly body: Body;
}

export type Statement =
	| { readonly kind: "text"; readonly text: string }
	| { readonly kind: "output"; readonly value: Expression }
	| {
			readonly kind: "if";
			readonly test: Expression;
			readonly body: Body;
			readonly otherwise: Body;
	  }
	| ForStatement
	| MacroStatement
	| CallStatement
	| {
			readonly kind: "set";
			readonly target: Target;
			readonly value: Expression;
	  }
	| {
			/** Sets a target to what the body writes, after these filters. */
			readonly kind: "setBlock";
			readonly target: Target;
			readonly filters: readonly FilterCall[];
			readonly body: Body;
	  }
	| {
			readonly kind: "filterBlock";
			readonly filters: readonly FilterCall[];
			readonly body: Body;
	  }
	| {
			readonly kind: "with";
			readonly names: readonly (readonly [Target, Expression])[];
			readonly body: Body;
	  }
	/** A body with names of its own, such as that of `generation`. */
	| { readonly kind: "scope"; readonly body: Body }
	| { readonly kind: "break" }
	| { readonly kind: "continue" };
