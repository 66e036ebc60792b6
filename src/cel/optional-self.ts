import { Optional, type Value } from './values.js';

/** An old value that is not there, for rules that take it as an optional. */
export const NO_OLD_SELF: Value = Optional.none;

export const optionalValue = (value: Value): Value => new Optional(value);
