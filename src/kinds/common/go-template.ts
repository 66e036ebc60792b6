import type { PodTemplateSpec } from '../../api/types/core-v1.js';
import { goValue } from '../shared/go-value.js';
import { goMap } from './go-map.js';

/** A pod template as Go's JSON shows the internal struct: metadata's fields stand beside Spec. */
export function goTemplate({ metadata, spec }: PodTemplateSpec): Record<string, unknown> {
  const { labels, annotations, ...rest } = metadata ?? {};
  const present = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined && value !== ''));
  const map = (name: string, value: Record<string, string> | undefined): object => (Object.keys(value ?? {}).length > 0 ? { [name]: goMap(value) } : {});
  return { ...present, ...map('labels', labels), ...map('annotations', annotations), Spec: goValue('PodSpec', spec ?? {}) };
}
