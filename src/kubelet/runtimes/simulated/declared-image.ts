import {
  bytes, cpu, DeclarationError, duration, Fields, flag, integer, isRecord, listOf, mapOf, oneOf, oneOrMore, text, type Parser,
} from '../../declared/fields.js';

/**
 * An image whose program is data: what it logs, answers, uses, and how it ends. What `--images FILE.yaml` holds for each
 * pattern, and what `createCluster({ images })` takes instead of a function. docs/images.md explains the fields; texts
 * may use `$(NAME)` for variables of the container's environment.
 */
export interface DeclaredImage {
  /** Time between the start of the container and everything below, e.g. `2s`. */
  readonly startDelay?: string;
  /** Lines of the log: a text is written at the start. */
  readonly log?: LogLineDeclaration | string | ReadonlyArray<LogLineDeclaration | string>;
  /** Answers by port and path; the path `*` answers for all others, a text alone for every path. */
  readonly http?: Readonly<Record<string, AnswerDeclaration | string | Readonly<Record<string, AnswerDeclaration | string>>>>;
  /** Ports on which connections are accepted and nothing is said. */
  readonly tcp?: number | readonly number[];
  /** UDP ports at which datagrams are taken and nothing is said. */
  readonly udp?: number | readonly number[];
  /** The program fails at its start unless one of these variables is set: what it says then, and its exit code (1). */
  readonly needsEnv?: { readonly anyOf: string | readonly string[]; readonly log?: string; readonly code?: number };
  /** The program ends by itself. */
  readonly exit?: { readonly after?: string; readonly code?: number };
  /** It ends with a failure on some of its starts: the first is 1. */
  readonly crash?: { readonly onStart: number | readonly number[]; readonly after?: string; readonly code?: number; readonly log?: string };
  /** What SIGTERM does: end with this code (0 unless said otherwise) after some time; or nothing. */
  readonly stop?: { readonly code?: number; readonly after?: string; readonly ignore?: boolean };
  /** What it uses, from its start or from some time on. */
  readonly usage?: UsageDeclaration | readonly UsageDeclaration[];
  /** What exec'd commands print, by command line, in which `*` stands for any text; others run in the simulated shell. */
  readonly exec?: Readonly<Record<string, string | { readonly stdout?: string; readonly stderr?: string; readonly code?: number }>>;
  /** Files of the image by absolute path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly workingDir?: string;
  readonly user?: string;
}

export interface LogLineDeclaration {
  readonly text: string;
  /** Time after the start. */
  readonly at?: string;
  /** Repeats it. */
  readonly every?: string;
  /** How often it is written; without a number until the program ends. */
  readonly times?: number;
  readonly stream?: 'stdout' | 'stderr';
}

export interface AnswerDeclaration {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Time before the answer. */
  readonly delay?: string;
}

export interface UsageDeclaration {
  readonly at?: string;
  /** A quantity, e.g. `250m`. */
  readonly cpu?: string | number;
  /** A quantity, e.g. `64Mi`. */
  readonly memory?: string | number;
}

export interface LogLine {
  readonly text: string;
  readonly atMs: number;
  readonly everyMs: number | undefined;
  readonly times: number;
  readonly stream: 'stdout' | 'stderr';
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly delayMs: number;
}

/** A declared image, checked and with times in milliseconds. */
export interface ImageSpec {
  readonly startDelayMs: number;
  readonly log: readonly LogLine[];
  readonly http: ReadonlyMap<number, ReadonlyMap<string, Answer>>;
  readonly tcp: readonly number[];
  readonly udp: readonly number[];
  readonly needsEnv: { readonly anyOf: readonly string[]; readonly log: string; readonly code: number } | undefined;
  readonly exit: { readonly afterMs: number; readonly code: number } | undefined;
  readonly crash: { readonly starts: readonly number[]; readonly afterMs: number; readonly code: number; readonly log: string } | undefined;
  readonly stop: { readonly code: number; readonly afterMs: number; readonly ignore: boolean };
  readonly usage: ReadonlyArray<{ readonly atMs: number; readonly cpuCores: number | undefined; readonly memoryBytes: number | undefined }>;
  readonly exec: ReadonlyMap<string, { readonly stdout: string; readonly stderr: string; readonly code: number }>;
  readonly files: ReadonlyMap<string, string>;
  readonly env: ReadonlyMap<string, string>;
  readonly entrypoint: readonly string[] | undefined;
  readonly cmd: readonly string[] | undefined;
  readonly workingDir: string | undefined;
  readonly user: string | undefined;
}

const exitCode = integer(0, 255);
const port = integer(1, 65535);
/** Shortest time between two lines: faster ones would only fill memory. */
const MIN_EVERY_MS = 1;

/** Reads a declared image. Throws DeclarationError, whose message starts with `path`. */
export function parseImage(value: unknown, path: string): ImageSpec {
  const fields = Fields.of(value, path);
  const spec: ImageSpec = {
    startDelayMs: fields.optional('startDelay', duration) ?? 0,
    log: fields.optional('log', oneOrMore(logLine)) ?? [],
    http: fields.optional('http', ports) ?? new Map(),
    tcp: fields.optional('tcp', oneOrMore(port)) ?? [],
    udp: fields.optional('udp', oneOrMore(port)) ?? [],
    needsEnv: fields.optional('needsEnv', needsEnv),
    exit: fields.optional('exit', exit),
    crash: fields.optional('crash', crash),
    stop: fields.optional('stop', stop) ?? { code: 0, afterMs: 0, ignore: false },
    usage: fields.optional('usage', oneOrMore(usage)) ?? [],
    exec: fields.optional('exec', mapOf(execAnswer)) ?? new Map(),
    files: fields.optional('files', files) ?? new Map(),
    env: fields.optional('env', mapOf(text)) ?? new Map(),
    entrypoint: fields.optional('entrypoint', listOf(text)),
    cmd: fields.optional('cmd', listOf(text)),
    workingDir: fields.optional('workingDir', text),
    user: fields.optional('user', text),
  };
  fields.end();
  return spec;
}

const logLine: Parser<LogLine> = (value, path) => {
  if (!isRecord(value)) return { text: text(value, path), atMs: 0, everyMs: undefined, times: 1, stream: 'stdout' };
  const fields = Fields.of(value, path);
  const everyMs = fields.optional('every', duration);
  if (everyMs !== undefined && everyMs < MIN_EVERY_MS) throw new DeclarationError(`${path}.every`, 'must be at least 1ms');
  const line: LogLine = {
    text: fields.required('text', text),
    atMs: fields.optional('at', duration) ?? 0,
    everyMs,
    times: fields.optional('times', integer(1, Number.MAX_SAFE_INTEGER)) ?? (everyMs === undefined ? 1 : Number.POSITIVE_INFINITY),
    stream: fields.optional('stream', oneOf('stdout', 'stderr')) ?? 'stdout',
  };
  fields.end();
  return line;
};

const answer: Parser<Answer> = (value, path) => {
  if (!isRecord(value)) return { status: 200, body: text(value, path), headers: new Map(), delayMs: 0 };
  const fields = Fields.of(value, path);
  const read: Answer = {
    status: fields.optional('status', integer(200, 599)) ?? 200,
    body: fields.optional('body', text) ?? '',
    headers: fields.optional('headers', mapOf(text)) ?? new Map(),
    delayMs: fields.optional('delay', duration) ?? 0,
  };
  fields.end();
  return read;
};

const ports: Parser<ReadonlyMap<number, ReadonlyMap<string, Answer>>> = (value, path) =>
  new Map([...mapOf(paths)(value, path)].map(([key, answers]) => [port(key, `${path}[${JSON.stringify(key)}]`), answers]));

/** The answers of one port: a map is of paths when its keys look so. */
const paths: Parser<ReadonlyMap<string, Answer>> = (value, path) => {
  if (!isRecord(value) || !Object.keys(value).some((key) => key === '*' || key.startsWith('/'))) return new Map([['*', answer(value, path)]]);
  const odd = Object.keys(value).find((key) => key !== '*' && !key.startsWith('/'));
  if (odd !== undefined) throw new DeclarationError(path, `has the path ${JSON.stringify(odd)}: paths start with / (or are * for all others)`);
  return mapOf(answer)(value, path);
};

const exit: Parser<NonNullable<ImageSpec['exit']>> = (value, path) => {
  const fields = Fields.of(value, path);
  const read = { afterMs: fields.optional('after', duration) ?? 0, code: fields.optional('code', exitCode) ?? 0 };
  fields.end();
  return read;
};

const needsEnv: Parser<NonNullable<ImageSpec['needsEnv']>> = (value, path) => {
  const fields = Fields.of(value, path);
  const read = { anyOf: fields.required('anyOf', oneOrMore(text)), log: fields.optional('log', text) ?? '', code: fields.optional('code', integer(1, 255)) ?? 1 };
  fields.end();
  return read;
};

const crash: Parser<NonNullable<ImageSpec['crash']>> = (value, path) => {
  const fields = Fields.of(value, path);
  const read = {
    starts: fields.required('onStart', oneOrMore(integer(1, Number.MAX_SAFE_INTEGER))),
    afterMs: fields.optional('after', duration) ?? 0,
    code: fields.optional('code', integer(1, 255)) ?? 1,
    log: fields.optional('log', text) ?? '',
  };
  fields.end();
  return read;
};

const stop: Parser<ImageSpec['stop']> = (value, path) => {
  const fields = Fields.of(value, path);
  const read = { code: fields.optional('code', exitCode) ?? 0, afterMs: fields.optional('after', duration) ?? 0, ignore: fields.optional('ignore', flag) ?? false };
  fields.end();
  return read;
};

const usage: Parser<ImageSpec['usage'][number]> = (value, path) => {
  const fields = Fields.of(value, path);
  const read = { atMs: fields.optional('at', duration) ?? 0, cpuCores: fields.optional('cpu', cpu), memoryBytes: fields.optional('memory', bytes) };
  fields.end();
  return read;
};

const execAnswer: Parser<{ stdout: string; stderr: string; code: number }> = (value, path) => {
  if (!isRecord(value)) return { stdout: text(value, path), stderr: '', code: 0 };
  const fields = Fields.of(value, path);
  const read = { stdout: fields.optional('stdout', text) ?? '', stderr: fields.optional('stderr', text) ?? '', code: fields.optional('code', exitCode) ?? 0 };
  fields.end();
  return read;
};

const files: Parser<ReadonlyMap<string, string>> = (value, path) => {
  const map = mapOf(text)(value, path);
  const odd = [...map.keys()].find((name) => !name.startsWith('/'));
  if (odd !== undefined) throw new DeclarationError(path, `names the file ${JSON.stringify(odd)}: paths of files start with /`);
  return map;
};
