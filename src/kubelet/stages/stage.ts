import type { Pod } from '../../api/types/core-v1.js';
import { bytes, cpu, DeclarationError, duration, Fields, flag, integer, isRecord, mapOf, oneOf, text, type Parser } from '../declared/fields.js';

/** Moments in a container's life at which a stage may step in. */
export type Moment = 'pull' | 'start' | 'running' | 'stop';

/**
 * A piece of pod or node life as data (KWOK's idea): which objects, at which moment, after how long, what happens.
 * What `--stages FILE.yaml` holds a list of, and `createCluster({ stages })` and `cluster.stages.set` take. docs/stages.md
 * explains the fields.
 */
export interface StageDeclaration {
  readonly name: string;
  /** Which pods; `{}` are all. A stage is of pods or of nodes. */
  readonly pods?: PodSelectorDeclaration;
  readonly nodes?: NodeSelectorDeclaration;
  /** The moment, of pods: `running` (the container has just started) unless said otherwise. */
  readonly on?: Moment;
  /** Time from the moment on, e.g. `2s`. */
  readonly after?: string;
  /** Up to so much is added at random. */
  readonly jitter?: string;
  /** After so long it is undone: readiness, usage, a node's network, kubelet and pressure. */
  readonly for?: string;
  /** How often it happens to one container (or node); every time unless said otherwise. */
  readonly times?: number;
  readonly do?: PodDeedDeclaration | NodeDeedDeclaration;
}

/** Names and images may have `*` for any text. */
export interface PodSelectorDeclaration {
  readonly namespace?: string;
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly image?: string;
  readonly container?: string;
  readonly node?: string;
}

export interface NodeSelectorDeclaration {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** What happens to a pod; none is a delay only. */
export interface PodDeedDeclaration {
  /** The pull or the start fails with this text. */
  readonly fail?: string;
  /** The container ends with this code. */
  readonly exit?: number;
  readonly oomKill?: boolean;
  /** Overrides the readiness probe. */
  readonly ready?: boolean;
  readonly usage?: { readonly cpu?: string | number; readonly memory?: string | number };
  /** The pod is evicted with this message. */
  readonly evict?: string;
}

export interface NodeDeedDeclaration {
  /** The node cannot reach the API server any more. */
  readonly network?: 'lost';
  /** The kubelet ends without a word, as at a power cut. */
  readonly kubelet?: 'stopped';
  readonly pressure?: 'memory' | 'disk' | 'pid';
}

/** What a stage does to a container or its pod. */
export interface PodDeed {
  readonly fail: string | undefined;
  readonly exit: number | undefined;
  readonly oomKill: boolean;
  readonly ready: boolean | undefined;
  readonly usage: { readonly cpuCores: number | undefined; readonly memoryBytes: number | undefined } | undefined;
  readonly evict: string | undefined;
}

interface Timing {
  readonly name: string;
  readonly afterMs: number;
  readonly jitterMs: number;
  readonly forMs: number | undefined;
  readonly times: number;
}

export interface PodStage extends Timing {
  readonly kind: 'pod';
  readonly on: Moment;
  readonly deed: PodDeed | undefined;
  matches(pod: Pod, container: { readonly name: string; readonly image?: string | undefined }): boolean;
}

export interface NodeStage extends Timing {
  readonly kind: 'node';
  readonly deed: Readonly<NodeDeedDeclaration>;
  matches(node: { readonly name: string; readonly labels: Readonly<Record<string, string>> }): boolean;
}

export type Stage = PodStage | NodeStage;

/** Reads a stage. Throws DeclarationError, whose message starts with `path`. */
export function parseStage(value: unknown, path: string): Stage {
  const fields = Fields.of(value, path);
  const name = fields.required('name', text);
  const pods = fields.optional('pods', podSelector);
  const nodes = fields.optional('nodes', nodeSelector);
  if ((pods === undefined) === (nodes === undefined)) throw new DeclarationError(path, 'needs either "pods" or "nodes": which ones it is about ({} for all)');
  const timing: Timing = {
    name,
    afterMs: fields.optional('after', duration) ?? 0,
    jitterMs: fields.optional('jitter', duration) ?? 0,
    forMs: fields.optional('for', duration),
    times: fields.optional('times', integer(1, Number.MAX_SAFE_INTEGER)) ?? Number.POSITIVE_INFINITY,
  };
  let stage: Stage;
  if (pods) {
    const on = fields.optional('on', oneOf<Moment>('pull', 'start', 'running', 'stop')) ?? 'running';
    const deed = fields.optional('do', podDeed(on));
    if (on === 'running' && !deed) throw new DeclarationError(path, 'needs the field "do": what happens to pods that run');
    stage = { ...timing, kind: 'pod', on, deed, matches: pods };
  } else stage = { ...timing, kind: 'node', deed: fields.required('do', nodeDeed), matches: nodes as NodeStage['matches'] };
  fields.end();
  return stage;
}

const podSelector: Parser<PodStage['matches']> = (value, path) => {
  const fields = Fields.of(value, path);
  const namespace = fields.optional('namespace', glob);
  const name = fields.optional('name', glob);
  const labels = fields.optional('labels', mapOf(text));
  const image = fields.optional('image', glob);
  const container = fields.optional('container', glob);
  const node = fields.optional('node', glob);
  fields.end();
  return ({ metadata, spec }, of) => fits(namespace, metadata.namespace) && fits(name, metadata.name) && fits(node, spec.nodeName) && fits(container, of.name)
    && (fits(image, of.image) || fits(image, of.image?.replace(/[:@][^/]*$/, ''))) && hasLabels(labels, metadata.labels);
};

const nodeSelector: Parser<NodeStage['matches']> = (value, path) => {
  const fields = Fields.of(value, path);
  const name = fields.optional('name', glob);
  const labels = fields.optional('labels', mapOf(text));
  fields.end();
  return (node) => fits(name, node.name) && hasLabels(labels, node.labels);
};

const glob: Parser<RegExp> = (value, path) => new RegExp(`^${text(value, path).split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`);

function fits(pattern: RegExp | undefined, value: string | undefined): boolean {
  return pattern === undefined || pattern.test(value ?? '');
}

function hasLabels(wanted: ReadonlyMap<string, string> | undefined, labels: Readonly<Record<string, string>> | undefined): boolean {
  for (const [key, value] of wanted ?? []) if (labels?.[key] !== value) return false;
  return true;
}

/** Deeds that make sense at a moment. */
const DEEDS: Readonly<Record<Moment, readonly (keyof PodDeedDeclaration)[]>> = { pull: ['fail'], start: ['fail'], running: ['exit', 'oomKill', 'ready', 'usage', 'evict'], stop: [] };

function podDeed(on: Moment): Parser<PodDeed> {
  return (value, path) => {
    const fields = Fields.of(value, path);
    const wrong = isRecord(value) ? Object.keys(value).find((key) => !DEEDS[on].includes(key as keyof PodDeedDeclaration)) : undefined;
    if (wrong !== undefined) throw new DeclarationError(path, `cannot have "${wrong}" on ${on}: there ${DEEDS[on].length === 0 ? 'is nothing to do but to wait' : `are ${DEEDS[on].join(', ')}`}`);
    return {
      fail: fields.optional('fail', text),
      exit: fields.optional('exit', integer(0, 255)),
      oomKill: fields.optional('oomKill', flag) ?? false,
      ready: fields.optional('ready', flag),
      usage: fields.optional('usage', podUsage),
      evict: fields.optional('evict', text),
    };
  };
}

const podUsage: Parser<NonNullable<PodDeed['usage']>> = (value, path) => {
  const fields = Fields.of(value, path);
  const usage = { cpuCores: fields.optional('cpu', cpu), memoryBytes: fields.optional('memory', bytes) };
  fields.end();
  return usage;
};

const nodeDeed: Parser<NodeDeedDeclaration> = (value, path) => {
  const fields = Fields.of(value, path);
  const network = fields.optional('network', oneOf('lost'));
  const kubelet = fields.optional('kubelet', oneOf('stopped'));
  const pressure = fields.optional('pressure', oneOf('memory', 'disk', 'pid'));
  fields.end();
  if (!network && !kubelet && !pressure) throw new DeclarationError(path, 'must have one of network, kubelet, pressure');
  return { ...(network ? { network } : {}), ...(kubelet ? { kubelet } : {}), ...(pressure ? { pressure } : {}) };
};
