import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../api/types/autoscaling-v2.js';

const UNKNOWN = '<unknown>';
/** What Go prints of a quantity that is not there. */
const NIL = '<nil>';
const SHOWN = 2;

/** `cpu: 10%/80%, 5/30 + 1 more...`: current value and target of the first two metrics (pkg/printers, formatHPAMetrics). */
export function metricsCell(specs: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (specs.length === 0) return '<none>';
  const all = specs.map((spec, i) => metricText(spec, statuses[i]));
  const text = all.slice(0, SHOWN).join(', ');
  return all.length > SHOWN ? `${text} + ${all.length - SHOWN} more...` : text;
}

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'External':
      return valueText(spec.external?.target, status?.external?.current);
    case 'Object':
      return valueText(spec.object?.target, status?.object?.current);
    case 'Pods':
      return `${status?.pods ? (status.pods.current.averageValue ?? NIL) : UNKNOWN}/${spec.pods?.target.averageValue ?? NIL}`;
    case 'Resource':
      return `${spec.resource?.name ?? ''}: ${resourceText(spec.resource?.target, status?.resource?.current)}`;
    case 'ContainerResource':
      return `${spec.containerResource?.name ?? ''}: ${resourceText(spec.containerResource?.target, status?.containerResource?.current)}`;
    default:
      return '<unknown type>';
  }
}

function valueText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;
  return `${current ? (current.value ?? NIL) : UNKNOWN}/${target?.value ?? NIL}`;
}

function resourceText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${current ? (current.averageValue ?? NIL) : UNKNOWN}/${target.averageValue}`;
  const percent = (value: number | undefined, otherwise: string): string => (value === undefined ? otherwise : `${value}%`);
  return `${percent(current?.averageUtilization, UNKNOWN)}/${percent(target?.averageUtilization, '<auto>')}`;
}
