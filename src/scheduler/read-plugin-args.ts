import type { NodeAffinity, NodeSelectorTerm, TopologySpreadConstraint } from '../api/types/core-v1.js';
import type { InterPodAffinityArgs, NodeResourcesFitArgs, PluginArgs, ResourceWeight, ScoringStrategy, ShapePoint } from './plugin-args.js';
import { fields, list, oneOf, SchedulerConfigurationError, text, wholeNumber } from './read-fields.js';

const TYPE_META = ['apiVersion', 'kind'];

/** Arguments by the plugin's name. */
const READERS: Readonly<Record<string, (given: unknown) => PluginArgs>> = {
  DefaultPreemption: (given) => {
    const { minCandidateNodesPercentage = 10, minCandidateNodesAbsolute = 100 } = args('DefaultPreemption', given, ['minCandidateNodesPercentage', 'minCandidateNodesAbsolute']);
    const percentage = wholeNumber(minCandidateNodesPercentage, 'minCandidateNodesPercentage', 0, 100);
    const absolute = wholeNumber(minCandidateNodesAbsolute, 'minCandidateNodesAbsolute', 0);
    if (percentage === 0 && absolute === 0) throw new SchedulerConfigurationError('minCandidateNodesPercentage and minCandidateNodesAbsolute cannot both be 0');
    return { defaultPreemption: { minCandidateNodesPercentage: percentage, minCandidateNodesAbsolute: absolute } };
  },
  InterPodAffinity: (given) => ({ interPodAffinity: interPodAffinity(given) }),
  NodeAffinity: (given) => ({ addedAffinity: addedAffinity(args('NodeAffinity', given, ['addedAffinity'])['addedAffinity']) }),
  NodeResourcesBalancedAllocation: (given) => ({ balancedAllocation: weights(args('NodeResourcesBalancedAllocation', given, ['resources'])['resources']) }),
  NodeResourcesFit: (given) => ({ nodeResourcesFit: nodeResourcesFit(given) }),
  PodTopologySpread: (given) => {
    const { defaultConstraints, defaultingType = 'System' } = args('PodTopologySpread', given, ['defaultConstraints', 'defaultingType']);
    const constraints = defaultConstraints === undefined ? [] : list(defaultConstraints, 'defaultConstraints').map(defaultConstraint);
    if (oneOf(defaultingType, 'defaultingType', ['System', 'List']) === 'List') return { defaultConstraints: constraints };
    if (constraints.length > 0) throw new SchedulerConfigurationError('defaultConstraints are for the defaultingType List');
    return {};
  },
  VolumeBinding: (given) => ({ volumeBinding: { bindTimeoutSeconds: wholeNumber(args('VolumeBinding', given, ['bindTimeoutSeconds'])['bindTimeoutSeconds'] ?? 600, 'bindTimeoutSeconds', 0) } }),
};

/** What pluginConfig of a profile says. Throws SchedulerConfigurationError for arguments that have no effect here. */
export function readPluginArgs(given: unknown): PluginArgs {
  let result: PluginArgs = {};
  const seen = new Set<string>();
  for (const entry of list(given ?? [], 'pluginConfig')) {
    const { name, args: own } = fields(entry, 'an entry of pluginConfig', ['name', 'args']);
    const reader = typeof name === 'string' && Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (typeof name !== 'string' || !reader) throw new SchedulerConfigurationError(`pluginConfig is read for ${Object.keys(READERS).join(', ')}, not for "${String(name)}"`);
    if (seen.has(name)) throw new SchedulerConfigurationError(`pluginConfig has ${name} twice`);
    seen.add(name);
    result = { ...result, ...reader(own) };
  }
  return result;
}

function args(plugin: string, given: unknown, known: readonly string[]): Record<string, unknown> {
  return fields(given ?? {}, `args of ${plugin}`, [...TYPE_META, ...known]);
}

function interPodAffinity(given: unknown): InterPodAffinityArgs {
  const { hardPodAffinityWeight = 1, ignorePreferredTermsOfExistingPods = false } = args('InterPodAffinity', given, ['hardPodAffinityWeight', 'ignorePreferredTermsOfExistingPods']);
  if (typeof ignorePreferredTermsOfExistingPods !== 'boolean') throw new SchedulerConfigurationError('ignorePreferredTermsOfExistingPods must be true or false');
  return { hardPodAffinityWeight: wholeNumber(hardPodAffinityWeight, 'hardPodAffinityWeight', 0, 100), ignorePreferredTermsOfExistingPods };
}

function addedAffinity(given: unknown): NodeAffinity {
  const { requiredDuringSchedulingIgnoredDuringExecution: required, preferredDuringSchedulingIgnoredDuringExecution: preferred = [] } = fields(given ?? {}, 'addedAffinity', ['requiredDuringSchedulingIgnoredDuringExecution', 'preferredDuringSchedulingIgnoredDuringExecution']);
  const terms = required === undefined ? undefined : list(fields(required, 'the required addedAffinity', ['nodeSelectorTerms'])['nodeSelectorTerms'], 'nodeSelectorTerms').map(selectorTerm);
  return {
    ...(terms ? { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } : {}),
    preferredDuringSchedulingIgnoredDuringExecution: list(preferred, 'the preferred addedAffinity').map((one) => {
      const { weight, preference } = fields(one, 'a preference', ['weight', 'preference']);
      return { weight: wholeNumber(weight, 'the weight of a preference', 1, 100), preference: selectorTerm(preference) };
    }),
  };
}

function selectorTerm(given: unknown): NodeSelectorTerm {
  const { matchExpressions = [], matchFields = [] } = fields(given, 'a node selector term', ['matchExpressions', 'matchFields']);
  const read = (one: unknown): NonNullable<NodeSelectorTerm['matchFields']>[number] => {
    const { key, operator, values = [] } = fields(one, 'a node selector requirement', ['key', 'operator', 'values']);
    return { key: text(key, 'the key of a node selector requirement'), operator: oneOf(operator, 'operator', ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']), values: list(values, 'values').map(String) };
  };
  return { matchExpressions: list(matchExpressions, 'matchExpressions').map(read), matchFields: list(matchFields, 'matchFields').map(read) };
}

function defaultConstraint(given: unknown): TopologySpreadConstraint {
  const { maxSkew, topologyKey, whenUnsatisfiable } = fields(given, 'a default constraint', ['maxSkew', 'topologyKey', 'whenUnsatisfiable']);
  return { maxSkew: wholeNumber(maxSkew, 'maxSkew', 1), topologyKey: text(topologyKey, 'topologyKey'), whenUnsatisfiable: oneOf(whenUnsatisfiable, 'whenUnsatisfiable', ['DoNotSchedule', 'ScheduleAnyway']) };
}

function nodeResourcesFit(given: unknown): NodeResourcesFitArgs {
  const { ignoredResources = [], ignoredResourceGroups = [], scoringStrategy } = args('NodeResourcesFit', given, ['ignoredResources', 'ignoredResourceGroups', 'scoringStrategy']);
  return {
    ignoredResources: list(ignoredResources, 'ignoredResources').map((one) => text(one, 'an ignored resource')),
    ignoredResourceGroups: list(ignoredResourceGroups, 'ignoredResourceGroups').map((one) => {
      const group = text(one, 'an ignored group of resources');
      if (group.includes('/')) throw new SchedulerConfigurationError(`the ignored group of resources "${group}" must not contain '/'`);
      return group;
    }),
    scoringStrategy: strategy(scoringStrategy),
  };
}

function strategy(given: unknown): ScoringStrategy {
  const { type = 'LeastAllocated', resources, requestedToCapacityRatio } = fields(given ?? {}, 'scoringStrategy', ['type', 'resources', 'requestedToCapacityRatio']);
  const found = oneOf(type, 'scoringStrategy', ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio']);
  const own = resources === undefined ? {} : { resources: weights(resources) };
  if (found !== 'RequestedToCapacityRatio') return { type: found, ...own };
  return { type: found, ...own, shape: shapeOf(fields(requestedToCapacityRatio ?? {}, 'requestedToCapacityRatio', ['shape'])['shape']) };
}

function shapeOf(given: unknown): ShapePoint[] {
  const points = list(given ?? [], 'shape').map((one) => {
    const { utilization, score } = fields(one, 'a point of shape', ['utilization', 'score']);
    return { utilization: wholeNumber(utilization, 'utilization', 0, 100), score: wholeNumber(score, 'score', 0, 10) };
  });
  if (points.length === 0) throw new SchedulerConfigurationError('shape must have at least one point');
  if (points.some(({ utilization }, i) => utilization <= (points[i - 1]?.utilization ?? -1))) throw new SchedulerConfigurationError('the points of shape must be in order of their utilization');
  return points;
}

function weights(given: unknown): ResourceWeight[] {
  return list(given ?? [], 'resources').map((one) => {
    const { name, weight = 1 } = fields(one, 'a resource', ['name', 'weight']);
    const resource = text(name, 'the name of a resource');
    return { name: resource, weight: wholeNumber(weight, `the weight of ${resource}`, 1, 100) };
  });
}
