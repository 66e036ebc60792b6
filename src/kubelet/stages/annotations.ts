import type { Pod } from '../../api/types/core-v1.js';
import { DeclarationError } from '../declared/fields.js';
import { parseStage, type PodStage, type StageDeclaration } from './stage.js';

/** Annotations of this prefix make stages for the one pod that has them; those about use are read where it is measured (agent/annotated-usage.ts). */
export const STAGE_PREFIX = 'kubette.dev/';

/** What the value of an annotation says, as the parts of a stage; `now` happens once, a duration at each start. */
type Reader = (value: string) => Pick<StageDeclaration, 'on' | 'after' | 'times' | 'do'>;

const timed = (value: string): Pick<StageDeclaration, 'after' | 'times'> => (value === 'now' ? { times: 1 } : { after: value });

const READERS: Readonly<Record<string, Reader>> = {
  'pull-delay': (value) => ({ on: 'pull', after: value }),
  'pull-error': (value) => ({ on: 'pull', do: { fail: value } }),
  'start-delay': (value) => ({ on: 'start', after: value }),
  'start-error': (value) => ({ on: 'start', do: { fail: value } }),
  'stop-delay': (value) => ({ on: 'stop', after: value }),
  'oom-kill': (value) => ({ ...timed(value), do: { oomKill: true } }),
  exit: (value) => {
    const [code, when] = value.split(/\s+after\s+/);
    return { ...timed(when ?? 'now'), do: { exit: Number(code) } };
  },
  ready: (value) => ({ do: { ready: value === 'false' ? false : value === 'true' ? true : (value as unknown as boolean) } }),
  evict: (value) => ({ times: 1, do: { evict: value } }),
};

/** Stages that a pod's annotations ask for; what cannot be understood is told to `complain`. Named by key and value: a new value is a new stage. */
export function annotatedStages(pod: Pod, complain: (problem: string) => void): PodStage[] {
  const stages: PodStage[] = [];
  for (const [key, value] of Object.entries(pod.metadata.annotations ?? {})) {
    if (!key.startsWith(STAGE_PREFIX)) continue;
    const name = key.slice(STAGE_PREFIX.length);
    if (name.startsWith('usage-')) continue;
    const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (!reader) {
      complain(`the annotation ${key} is unknown: there are ${Object.keys(READERS).map((known) => STAGE_PREFIX + known).join(', ')}`);
      continue;
    }
    try {
      stages.push(parseStage({ name: `${key}=${value}`, pods: {}, ...reader(value) }, `the annotation ${key}:`) as PodStage);
    } catch (error) {
      if (!(error instanceof DeclarationError)) throw error;
      complain(error.message);
    }
  }
  return stages;
}

/** Whether two versions of a pod ask for the same stages. */
export function sameStages(a: Pod, b: Pod): boolean {
  const [before, now] = [a.metadata.annotations, b.metadata.annotations];
  if (before === now) return true;
  return [...Object.keys(before ?? {}), ...Object.keys(now ?? {})].every((key) => !key.startsWith(STAGE_PREFIX) || before?.[key] === now?.[key]);
}
