import type { SchedulerPlugin } from './framework.js';
import { defaultPlugins, PLUGIN_NAMES } from './index.js';
import type { DefaultPreemptionArgs } from './plugin-args.js';
import { fields, list, SchedulerConfigurationError } from './read-fields.js';
import { readPluginArgs } from './read-plugin-args.js';
import type { PluginEnvironment } from './scheduler.js';

export { SchedulerConfigurationError } from './read-fields.js';

/** A profile of a KubeSchedulerConfiguration, made ready. */
export interface ConfiguredProfile {
  readonly name: string;
  /** 0: as many as kube-scheduler finds right for the size of the cluster. */
  readonly percentageOfNodesToScore: number;
  readonly preemption: DefaultPreemptionArgs | undefined;
  plugins(environment: PluginEnvironment): readonly SchedulerPlugin[];
}

const API_VERSION = 'kubescheduler.config.k8s.io/v1';
const DEFAULT_NAME = 'default-scheduler';
/** Parts of kube-scheduler's file that concern its process, which there is none of here. */
const OF_THE_PROCESS = ['leaderElection', 'clientConnection', 'enableProfiling', 'enableContentionProfiling', 'parallelism', 'delayCacheUntilActive'];

interface PluginSet {
  readonly enabled: ReadonlyMap<string, number>;
  readonly disabled: ReadonlySet<string>;
}

/**
 * The profiles of a KubeSchedulerConfiguration (kube-scheduler's --config): schedulerName, plugins enabled and disabled at
 * multiPoint, filter and score, with weights; percentageOfNodesToScore; pluginConfig. Throws
 * SchedulerConfigurationError, in one sentence, for everything else: what has no effect is better refused than passed over.
 */
export function schedulerProfiles(configuration: unknown): ConfiguredProfile[] {
  const config = fields(configuration, 'the configuration', ['apiVersion', 'kind', 'percentageOfNodesToScore', 'profiles', ...OF_THE_PROCESS]);
  if (config['apiVersion'] !== API_VERSION || config['kind'] !== 'KubeSchedulerConfiguration') throw new SchedulerConfigurationError(`it must be a KubeSchedulerConfiguration of ${API_VERSION}`);
  const percentage = percentageOf(config['percentageOfNodesToScore'], 0);
  const profiles = list(config['profiles'] ?? [{}], 'profiles').map((profile) => readProfile(profile, percentage));
  const twice = profiles.find(({ name }, i) => profiles.findIndex((other) => other.name === name) !== i);
  if (twice) throw new SchedulerConfigurationError(`two profiles have the schedulerName "${twice.name}"`);
  return profiles;
}

function readProfile(given: unknown, percentage: number): ConfiguredProfile {
  const profile = fields(given, 'a profile', ['schedulerName', 'percentageOfNodesToScore', 'plugins', 'pluginConfig']);
  const name = profile['schedulerName'] ?? DEFAULT_NAME;
  if (typeof name !== 'string' || name === '') throw new SchedulerConfigurationError('schedulerName must be a name');
  const plugins = fields(profile['plugins'] ?? {}, `plugins of ${name}`, ['multiPoint', 'filter', 'score']);
  const sets = { multiPoint: pluginSet(plugins['multiPoint']), filter: pluginSet(plugins['filter']), score: pluginSet(plugins['score']) };
  const args = readPluginArgs(profile['pluginConfig']);
  return {
    name,
    percentageOfNodesToScore: percentageOf(profile['percentageOfNodesToScore'], percentage),
    preemption: args.defaultPreemption,
    plugins: (environment) => defaultPlugins(environment, args).flatMap((plugin) => configured(plugin, sets)),
  };
}

/** A plugin with what of it is switched on; nothing where that is nothing. */
function configured(plugin: SchedulerPlugin, { multiPoint, filter, score }: Record<'multiPoint' | 'filter' | 'score', PluginSet>): SchedulerPlugin[] {
  const { name } = plugin;
  const isOff = (set: PluginSet): boolean => !set.enabled.has(name) && (set.disabled.has(name) || set.disabled.has('*'));
  const all = !isOff(multiPoint);
  const filters = filter.enabled.has(name) || (all && !isOff(filter));
  const scores = score.enabled.has(name) || (all && !isOff(score));
  if (!filters && !scores) return [];
  const weight = score.enabled.get(name) || multiPoint.enabled.get(name) || undefined;
  const filterPart: Partial<SchedulerPlugin> = {
    prepare: (pod) => plugin.prepare?.(pod),
    preEnqueue: (pod) => plugin.preEnqueue?.(pod) ?? true,
    preFilter: (pod) => plugin.preFilter?.(pod),
    postFilter: (pod, nodes) => plugin.postFilter?.(pod, nodes),
    nodes: (pod) => plugin.nodes?.(pod),
    filter: (pod, snapshot) => plugin.filter?.(pod, snapshot),
  };
  const scorePart: Partial<SchedulerPlugin> = {
    score: (pod, snapshot, feasible) => {
      const made = plugin.score?.(pod, snapshot, feasible);
      return made && weight !== undefined ? { ...made, weight } : made;
    },
  };
  return [{ name, helpedBy: plugin.helpedBy, helps: (pod, change) => plugin.helps?.(pod, change) ?? true, reserve: (pod, node) => plugin.reserve?.(pod, node), ...(filters ? filterPart : {}), ...(scores ? scorePart : {}) }];
}

function pluginSet(given: unknown): PluginSet {
  const set = fields(given ?? {}, 'a set of plugins', ['enabled', 'disabled']);
  const read = (entries: unknown, isOn: boolean): Array<[string, number]> =>
    list(entries ?? [], isOn ? 'enabled' : 'disabled').map((entry) => {
      const { name, weight = 0 } = fields(entry, 'a plugin', ['name', 'weight']);
      if (typeof name !== 'string' || !(PLUGIN_NAMES.includes(name) || (name === '*' && !isOn))) throw new SchedulerConfigurationError(`there is no plugin "${String(name)}": there are ${PLUGIN_NAMES.join(', ')}`);
      if (typeof weight !== 'number' || !Number.isInteger(weight) || weight < 0) throw new SchedulerConfigurationError(`the weight of ${name} must be a whole number`);
      return [name, weight];
    });
  return { enabled: new Map(read(set['enabled'], true)), disabled: new Set(read(set['disabled'], false).map(([name]) => name)) };
}

function percentageOf(given: unknown, fallback: number): number {
  if (given === undefined || given === null) return fallback;
  if (typeof given !== 'number' || !Number.isInteger(given) || given < 0 || given > 100) throw new SchedulerConfigurationError('percentageOfNodesToScore must be a whole number from 0 to 100');
  return given;
}
