import type { NodeSelector } from '../../api/types/core-v1.js';
import type { AllocationResult, DeviceClaim, DeviceSelector, DeviceToleration } from '../../api/types/resource-v1.js';

/** Values of the internal structs as Go shows them: every field, in Go's order. */

/** Null without items: whoever leaves a list out has none, and code sees lists that always print as empty. */
const list = <T>(items: readonly T[] | undefined, show: (item: T) => unknown): unknown[] | null => (items && items.length > 0 ? items.map(show) : null);
const same = <T>(item: T): T => item;

const goSelector = ({ cel }: DeviceSelector): object => ({ CEL: cel ? { Expression: cel.expression } : null });
const goToleration = ({ key = '', operator = '', value = '', effect = '', tolerationSeconds }: DeviceToleration): object => ({
  Key: key,
  Operator: operator,
  Value: value,
  Effect: effect,
  TolerationSeconds: tolerationSeconds ?? null,
});

interface RequestContent {
  readonly deviceClassName: string;
  readonly selectors?: readonly DeviceSelector[] | undefined;
  readonly allocationMode?: string | undefined;
  readonly count?: number | undefined;
}

const content = ({ deviceClassName, selectors, allocationMode = '', count = 0 }: RequestContent): object => ({
  DeviceClassName: deviceClassName,
  Selectors: list(selectors, goSelector),
  AllocationMode: allocationMode,
  Count: count,
});

const goCapacity = (capacity: { readonly requests?: object | undefined } | undefined): object | null => (capacity ? { Requests: capacity.requests ?? null } : null);

/** A configuration with its embedded part. */
const goConfig = ({ opaque }: { readonly opaque?: { readonly driver: string; readonly parameters: unknown } | undefined }): object => ({
  Opaque: opaque ? { Driver: opaque.driver, Parameters: opaque.parameters } : null,
});

export const goClaim = ({ requests, constraints, config }: DeviceClaim): object => ({
  Devices: {
    Requests: list(requests, ({ name, exactly, firstAvailable }) => ({
      Name: name,
      Exactly: exactly ? { ...content(exactly), AdminAccess: exactly.adminAccess ?? null, Tolerations: list(exactly.tolerations, goToleration), Capacity: goCapacity(exactly.capacity) } : null,
      FirstAvailable: list(firstAvailable, (sub) => ({ Name: sub.name, ...content(sub), Tolerations: list(sub.tolerations, goToleration), Capacity: goCapacity(sub.capacity) })),
    })),
    Constraints: list(constraints, (constraint) => ({
      Requests: list(constraint.requests, same),
      MatchAttribute: constraint.matchAttribute ?? null,
      DistinctAttribute: constraint.distinctAttribute ?? null,
    })),
    Config: list(config, (item) => ({ Requests: list(item.requests, same), ...goConfig(item) })),
  },
});

export const goAllocation = ({ devices = {}, nodeSelector, allocationTimestamp }: AllocationResult): object => ({
  Devices: {
    Results: list(devices.results, (result) => ({
      Request: result.request,
      Driver: result.driver,
      Pool: result.pool,
      Device: result.device,
      AdminAccess: result.adminAccess ?? null,
      Tolerations: list(result.tolerations, goToleration),
      BindingConditions: list(result.bindingConditions, same),
      BindingFailureConditions: list(result.bindingFailureConditions, same),
      ShareID: result.shareID ?? null,
      ConsumedCapacity: result.consumedCapacity ?? null,
    })),
    Config: list(devices.config, (item) => ({ Source: item.source, Requests: list(item.requests, same), ...goConfig(item) })),
  },
  NodeSelector: nodeSelector ? { NodeSelectorTerms: goTerms(nodeSelector) } : null,
  AllocationTimestamp: allocationTimestamp ?? null,
});

export const goTerms = ({ nodeSelectorTerms }: NodeSelector): unknown[] | null =>
  list(nodeSelectorTerms, ({ matchExpressions, matchFields }) => ({ MatchExpressions: list(matchExpressions, goRequirement), MatchFields: list(matchFields, goRequirement) }));

const goRequirement = ({ key, operator, values }: { readonly key: string; readonly operator: string; readonly values?: readonly string[] | undefined }): object => ({
  Key: key,
  Operator: operator,
  Values: list(values, same),
});
