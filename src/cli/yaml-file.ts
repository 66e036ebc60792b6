import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { fileName, reasonOf, UsageError, UserError } from './usage-error.js';

/** What a YAML file holds, `-` for standard input. Throws UserError when it cannot be read, UsageError when it is no YAML. */
export function readYaml(file: string, what: string): unknown {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new UserError(`cannot load the ${what} of ${fileName(file)}: ${reasonOf(error)}`);
  }
  const document = parseDocument(text, { merge: true });
  const [error] = document.errors;
  if (error) throw new UsageError(`${fileName(file)} is no valid YAML: ${(error.message.split('\n')[0] ?? '').replace(/:$/, '')}`);
  return document.toJS();
}
