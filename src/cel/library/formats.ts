import { isDns1035Label, isLabelValue, isQualifiedName, nameIsDns1035Label, nameIsDnsLabel, nameIsDnsSubdomain } from '../../api/names.js';
import { stringFormatIsValid } from '../../api/string-formats.js';
import { define, type Library } from '../functions.js';
import { opaque, type Type } from '../types.js';
import { Optional, type OpaqueValue, sizeOf, type Value } from '../values.js';

/** Named formats of strings: `format.dns1123Label().validate(x)` is none, or the list of what is wrong. */

const FORMAT = opaque('kubernetes.NamedFormat');

class Format implements OpaqueValue {
  readonly celType: Type = FORMAT;

  constructor(
    readonly name: string,
    readonly problems: (text: string) => readonly string[],
    /** How long the expression is that the cost is reckoned by. */
    readonly size: number,
  ) {}

  celEquals(other: Value): boolean {
    return other instanceof Format && other.name === this.name;
  }
}

const checked = (format: string, text: string) => (value: string): string[] => (stringFormatIsValid(format, value) ? [] : [text]);

const FORMATS: ReadonlyMap<string, Format> = new Map(
  [
    new Format('dns1123Label', (text) => nameIsDnsLabel(text, false), 30),
    new Format('dns1123Subdomain', (text) => nameIsDnsSubdomain(text, false), 60),
    new Format('dns1035Label', isDns1035Label, 30),
    new Format('qualifiedName', isQualifiedName, 60),
    new Format('dns1123LabelPrefix', (text) => nameIsDnsLabel(text, true), 30),
    new Format('dns1123SubdomainPrefix', (text) => nameIsDnsSubdomain(text, true), 60),
    new Format('dns1035LabelPrefix', (text) => nameIsDns1035Label(text, true), 30),
    new Format('labelValue', isLabelValue, 40),
    new Format('uri', (text) => (stringFormatIsValid('uri', text) ? [] : [`parse ${JSON.stringify(text)}: invalid URI for request`]), 1500),
    new Format('uuid', checked('uuid', 'does not match the UUID format'), 70),
    new Format('byte', checked('byte', 'invalid base64'), 90),
    new Format('date', checked('date', 'invalid date'), 120),
    new Format('datetime', checked('datetime', 'invalid datetime'), 120),
  ].map((format) => [format.name, format]),
);

function validate({ problems }: Format, text: string): Optional {
  const found = problems(text);
  return found.length === 0 ? Optional.none : new Optional(found);
}

const cost = ([format, text]: readonly Value[]): number => Math.ceil((1 + sizeOf(text as Value)) * 0.1) * Math.ceil((format as unknown as Format).size * 0.25);

export const formatLibrary = (): Library => [
  define('kubernetes.NamedFormat::validate(string): optional(list(string))', validate, cost),
  define('format.named(string): optional(kubernetes.NamedFormat)', (name: string) => (FORMATS.has(name) ? new Optional(FORMATS.get(name)) : Optional.none)),
  ...[...FORMATS].map(([name, format]) => define(`format.${name}(): kubernetes.NamedFormat`, () => format)),
];
