import type { Builtin } from './builtin.js';
import * as environment from './environment.js';
import * as flow from './flow.js';
import * as jobs from './jobs.js';
import { echo, printf } from './output.js';
import { mapfile, read } from './read.js';
import { test } from './test.js';
import * as variables from './variables.js';

export type { Builtin, BuiltinContext } from './builtin.js';

const succeed: Builtin = async () => 0;
const fail: Builtin = async () => 1;
const isBuiltin = (name: string): boolean => BUILTINS.has(name);

/** The commands that run inside the shell, by name. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  [':', succeed], ['true', succeed], ['false', fail],
  ['echo', echo], ['printf', printf], ['test', test], ['[', test],
  ['read', read], ['mapfile', mapfile], ['readarray', mapfile],
  ['export', variables.exportNames], ['readonly', variables.readonlyNames], ['local', variables.local], ['declare', variables.declare],
  ['typeset', variables.declare], ['unset', variables.unset], ['set', variables.set], ['shift', variables.shift], ['let', variables.letExpressions],
  ['getopts', variables.getopts],
  ['exit', flow.exit], ['logout', flow.exit], ['return', flow.returnStatus], ['break', flow.breakLoop], ['continue', flow.continueLoop],
  ['eval', flow.evalText], ['.', flow.source], ['source', flow.source], ['exec', flow.exec],
  ['wait', jobs.wait], ['jobs', jobs.jobs], ['fg', jobs.fg], ['bg', jobs.bg], ['disown', jobs.disown], ['kill', jobs.kill], ['trap', jobs.trap],
  ['cd', environment.cd], ['pwd', environment.pwd], ['umask', environment.umask], ['ulimit', environment.ulimit], ['times', environment.times],
  ['alias', environment.alias], ['unalias', environment.unalias], ['shopt', environment.shopt], ['hash', succeed],
  ['type', environment.typeBuiltin(isBuiltin)],
  ['command', environment.commandBuiltin(isBuiltin, (name) => BUILTINS.get(name))],
  ['builtin', environment.commandBuiltin(isBuiltin, (name) => BUILTINS.get(name))],
]);

/** Their arguments of the form NAME=value are assignments: not split, not globbed. */
export const DECLARATION_BUILTINS: ReadonlySet<string> = new Set(['export', 'readonly', 'local', 'declare', 'typeset']);
