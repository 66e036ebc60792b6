import type { Pod } from '../../api/types/core-v1.js';
import type { PriorityClass } from '../../api/types/scheduling-v1.js';
import { isResource, refuse } from '../refuse.js';
import type { AdmissionAttributes, AdmissionPlugin } from '../types.js';

const CLASSES = 'scheduling.k8s.io/priorityclasses/';
const PREEMPT = 'PreemptLowerPriority';
/** Classes that every cluster has, even before their objects are there. */
const SYSTEM_CLASSES = new Map([
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
]);

interface Established {
  readonly name: string;
  readonly value: number;
  readonly preemptionPolicy: string | undefined;
}

/** Resolves priorityClassName into a number (plugin/pkg/admission/priority), and keeps default classes single. */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  mutate(attributes) {
    if (!isResource(attributes, '', 'pods')) return;
    if (attributes.operation === 'CREATE') resolve(attributes);
    else if (attributes.operation === 'UPDATE') keep(attributes);
  },
  validate(attributes) {
    if (!isResource(attributes, 'scheduling.k8s.io', 'priorityclasses')) return;
    // The real server says so before any admission; there is no difference to see.
    if (attributes.operation === 'DELETE' && SYSTEM_CLASSES.has(attributes.name)) throw refuse(attributes, 'this is a system priority class and cannot be deleted');
    if (!attributes.object) return;
    const given = attributes.object as PriorityClass;
    const present = given.globalDefault ? defaultClass(attributes) : undefined;
    if (present && (attributes.operation === 'CREATE' || present.metadata.name !== given.metadata.name)) {
      throw refuse(attributes, `PriorityClass ${present.metadata.name} is already marked as default. Only one default can exist`);
    }
  },
};

function resolve(attributes: AdmissionAttributes): void {
  const { spec } = attributes.object as Pod;
  const { name, value, preemptionPolicy } = establish(attributes, spec.priorityClassName);
  if (name) spec.priorityClassName = name;
  if (spec.priority !== undefined && spec.priority !== value) {
    throw refuse(attributes, `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`);
  }
  spec.priority = value;
  if (preemptionPolicy === undefined) return;
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy) {
    throw refuse(
      attributes,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`,
    );
  }
  spec.preemptionPolicy = preemptionPolicy;
}

function establish(attributes: AdmissionAttributes, name: string | undefined): Established {
  if (name) {
    const found = attributes.reader.get(`${CLASSES}${name}`)?.object as PriorityClass | undefined;
    if (found) return { name, value: found.value ?? 0, preemptionPolicy: found.preemptionPolicy };
    const system = SYSTEM_CLASSES.get(name);
    if (system === undefined) throw refuse(attributes, `no PriorityClass with name ${name} was found`);
    return { name, value: system, preemptionPolicy: PREEMPT };
  }
  const found = defaultClass(attributes);
  if (found) return { name: found.metadata.name, value: found.value ?? 0, preemptionPolicy: found.preemptionPolicy };
  return { name: '', value: 0, preemptionPolicy: PREEMPT };
}

/** Of several default classes, which a race can make, the one with the lowest priority. */
function defaultClass({ reader }: AdmissionAttributes): PriorityClass | undefined {
  const classes = reader.list(CLASSES).entries.map(({ object }) => object as PriorityClass);
  return classes.filter(({ globalDefault }) => globalDefault).sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];
}

/** A client that leaves out what it did not set does not take it away. */
function keep({ object, oldObject }: AdmissionAttributes): void {
  const { spec } = object as Pod;
  const old = (oldObject as Pod).spec;
  if (spec.priority === undefined && old.priority !== undefined) spec.priority = old.priority;
  if (spec.preemptionPolicy === undefined && old.preemptionPolicy !== undefined) spec.preemptionPolicy = old.preemptionPolicy;
}
