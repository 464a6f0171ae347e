/** What a filter is. */

import type { Arguments, Value } from "../../values/value.ts";

export type Filter = (value: Value, args: Arguments) => Value;
export type Filters = Readonly<Record<string, Filter>>;
