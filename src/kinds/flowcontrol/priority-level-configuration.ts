import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../../api/field.js';
import { rangeText } from '../../api/names.js';
import type {
  ExemptPriorityLevelConfiguration,
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from '../../api/types/flowcontrol-v1.js';
import type { Strategy } from '../../registry/kind.js';
import { semanticEqual } from '../common/equality.js';
import { keepAllButManagers } from '../common/keep-metadata.js';
import { age } from '../common/printing.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import { flowConditionErrors } from './conditions.js';

const SPEC = Path.of('spec');
const EXEMPT = 'exempt';
const OLD_ANNOTATION = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares';
const MAX_QUEUES = 10_000_000;
/** Bits of a hash that dealing hands of queues can use up. */
const MAX_HASH_BITS = 60;
/** A level that every cluster has, and that nobody may change. Of the other one, `exempt`, only spec.exempt may. */
const CATCH_ALL: PriorityLevelConfigurationSpec = { type: 'Limited', limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } } };

function defaults({ spec }: PriorityLevelConfiguration): void {
  if (spec.exempt) {
    spec.exempt.nominalConcurrencyShares ??= 0;
    spec.exempt.lendablePercent ??= 0;
  }
  if (spec.limited) {
    spec.limited.nominalConcurrencyShares ??= 30;
    spec.limited.lendablePercent ??= 0;
    const queuing = spec.limited.limitResponse?.queuing;
    if (queuing) {
      queuing.handSize ||= 8;
      queuing.queues ||= 64;
      queuing.queueLengthLimit ||= 50;
    }
  }
}

function queuingErrors({ queueLengthLimit = 0, queues = 0, handSize = 0 }: QueuingConfiguration, path: Path): FieldError[] {
  const [queuesPath, handPath] = [path.child('queues'), path.child('handSize')];
  const errors: FieldError[] = [];
  if (queueLengthLimit <= 0) errors.push(invalid(path.child('queueLengthLimit'), queueLengthLimit, 'must be positive'));
  if (queues <= 0) errors.push(invalid(queuesPath, queues, 'must be positive'));
  else if (queues > MAX_QUEUES) errors.push(invalid(queuesPath, queues, `must not be greater than ${MAX_QUEUES}`));
  if (handSize <= 0) errors.push(invalid(handPath, handSize, 'must be positive'));
  else if (handSize > queues) errors.push(invalid(handPath, handSize, `should not be greater than queues (${queues})`));
  else if (Math.ceil(Math.log2(queues) * handSize) > MAX_HASH_BITS) {
    errors.push(invalid(handPath, handSize, `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_HASH_BITS}`));
  }
  return errors;
}

function responseErrors({ type, queuing }: Partial<LimitResponse>, path: Path): FieldError[] {
  const at = path.child('queuing');
  // These two texts of the real server say Limited where they mean Queue.
  if (type === 'Reject') return queuing ? [forbidden(at, 'must be nil if limited.limitResponse.type is not Limited')] : [];
  if (type === 'Queue') return queuing ? queuingErrors(queuing, at) : [required(at, 'must not be empty if limited.limitResponse.type is Limited')];
  return type ? [notSupported(path.child('type'), type, ['Queue', 'Reject'])] : [required(path.child('type'))];
}

function shareErrors({ nominalConcurrencyShares: shares = 0 }: ExemptPriorityLevelConfiguration, path: Path): FieldError[] {
  return shares < 0 ? [invalid(path.child('nominalConcurrencyShares'), shares, 'must be a non-negative integer')] : [];
}

function lendableErrors({ lendablePercent: percent = 0 }: ExemptPriorityLevelConfiguration, path: Path): FieldError[] {
  return percent < 0 || percent > 100 ? [invalid(path.child('lendablePercent'), percent, rangeText(0, 100))] : [];
}

function limitedErrors(limited: LimitedPriorityLevelConfiguration, path: Path): FieldError[] {
  const { borrowingLimitPercent: borrowing = 0, limitResponse = {} } = limited;
  return [
    ...shareErrors(limited, path),
    ...responseErrors(limitResponse, path.child('limitResponse')),
    ...lendableErrors(limited, path),
    ...(borrowing < 0 ? [invalid(path.child('borrowingLimitPercent'), borrowing, 'if specified, must be a non-negative integer')] : []),
  ];
}

function specErrors({ type, limited, exempt }: PriorityLevelConfigurationSpec, name: string): FieldError[] {
  const [typePath, limitedPath, exemptPath] = [SPEC.child('type'), SPEC.child('limited'), SPEC.child(EXEMPT)];
  const errors = (name === EXEMPT) === (type === 'Exempt') ? [] : [invalid(typePath, type, "must be 'Exempt' if and only if `name` is 'exempt'")];
  if (type === 'Exempt') {
    if (limited) errors.push(forbidden(limitedPath, 'must be nil if the type is not Limited'));
    if (exempt) errors.push(...shareErrors(exempt, exemptPath), ...lendableErrors(exempt, exemptPath));
  } else if (type === 'Limited') {
    if (exempt) errors.push(forbidden(exemptPath, 'must be nil if the type is Limited'));
    errors.push(...(limited ? limitedErrors(limited, limitedPath) : [required(limitedPath, 'must not be empty when type is Limited')]));
  } else errors.push(type ? notSupported(typePath, type, ['Exempt', 'Limited']) : required(typePath));
  return errors;
}

/** The internal struct, as Go shows it. */
function goSpec({ type, limited, exempt }: PriorityLevelConfigurationSpec): object {
  const queuing = limited?.limitResponse?.queuing;
  return {
    Type: type,
    Limited: limited
      ? {
          NominalConcurrencyShares: limited.nominalConcurrencyShares ?? 0,
          LimitResponse: {
            Type: limited.limitResponse?.type ?? '',
            Queuing: queuing ? { Queues: queuing.queues ?? 0, HandSize: queuing.handSize ?? 0, QueueLengthLimit: queuing.queueLengthLimit ?? 0 } : null,
          },
          LendablePercent: limited.lendablePercent ?? null,
          BorrowingLimitPercent: limited.borrowingLimitPercent ?? null,
        }
      : null,
    Exempt: exempt ? { NominalConcurrencyShares: exempt.nominalConcurrencyShares ?? null, LendablePercent: exempt.lendablePercent ?? null } : null,
  };
}

function mandatoryErrors(spec: PriorityLevelConfigurationSpec, name: string): FieldError[] {
  if (name === 'catch-all' && !semanticEqual(spec, CATCH_ALL)) return [invalid(SPEC, goSpec(spec), `spec of '${name}' must equal the fixed value`)];
  const changed = spec.type !== 'Exempt' || spec.limited !== undefined;
  return name === EXEMPT && changed ? [invalid(SPEC, goSpec(spec), `spec of '${name}' except the 'spec.exempt' field must equal the fixed value`)] : [];
}

function errorsOf({ metadata, spec, status }: PriorityLevelConfiguration): FieldError[] {
  const marked = Object.hasOwn(metadata.annotations ?? {}, OLD_ANNOTATION);
  return [
    ...(marked ? [forbidden(Path.of('metadata', 'annotations'), `annotation '${OLD_ANNOTATION}' is forbidden`)] : []),
    ...specErrors(spec, metadata.name),
    ...mandatoryErrors(spec, metadata.name),
    ...flowConditionErrors(status),
  ];
}

const strategy: Strategy<PriorityLevelConfiguration> = {
  generation: 'spec',
  defaults,
  prepareForCreate(level) {
    level.status = {};
  },
  validate: errorsOf,
  validateUpdate: errorsOf,
  resetFields: [['status']],
};

const statusRoute = statusStrategy(strategy, {
  prepareForUpdate(level, old) {
    level.spec = old.spec;
    keepAllButManagers(level, old);
  },
  validateUpdate: ({ status }) => flowConditionErrors(status),
  resetFields: [['metadata'], ['spec']],
});

/** PriorityLevelConfigurations: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/ */
export const priorityLevelConfigurationKind = defineKind<PriorityLevelConfiguration>(
  { group: 'flowcontrol.apiserver.k8s.io', version: 'v1', kind: 'PriorityLevelConfiguration' },
  {
    strategy,
    subresources: { status: { type: 'object', strategy: statusRoute as Strategy } },
    cells({ metadata, spec }, nowMs) {
      const queuing = spec.limited?.limitResponse?.queuing;
      const none = '<none>';
      return [
        metadata.name,
        spec.type,
        spec.limited ? (spec.limited.nominalConcurrencyShares ?? 0) : none,
        queuing ? (queuing.queues ?? 0) : none,
        queuing ? (queuing.handSize ?? 0) : none,
        queuing ? (queuing.queueLengthLimit ?? 0) : none,
        age(metadata.creationTimestamp, nowMs),
      ];
    },
  },
);
