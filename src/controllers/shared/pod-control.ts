import { ApiError } from '../../api/errors.js';
import type { KubeObject } from '../../api/object.js';
import type { Pod, PodTemplateSpec } from '../../api/types/core-v1.js';
import type { ControllerContext } from '../../client/controller.js';
import { controllerRefTo } from './controller-ref.js';
import { PODS } from './resources.js';

/** Room for a name that generateName makes longer by five characters. */
const GENERATE_NAME_MAX = 253;

/** Creates and deletes pods on behalf of an owner, with the events that tell of it (Kubernetes' RealPodControl). */
export class PodControl {
  constructor(private readonly context: Pick<ControllerContext, 'client' | 'events'>) {}

  /** Rejects with the ApiError of the server; a namespace that is on its way out gets no event. */
  async create(owner: KubeObject, pod: Pod): Promise<Pod> {
    try {
      const created = await this.context.client.resource<Pod>(PODS).create(pod);
      this.context.events.record(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
      return created;
    } catch (error) {
      if (!isNamespaceTerminating(error)) this.context.events.record(owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      throw error;
    }
  }

  /** False when the pod has gone already. */
  async delete(owner: KubeObject, pod: Pod): Promise<boolean> {
    const { name, namespace } = pod.metadata;
    try {
      await this.context.client.resource<Pod>(PODS).delete({ name, namespace });
      this.context.events.record(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return false;
      this.context.events.record(owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
      throw new Error(`unable to delete pods: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** A pod of a template, controlled by `owner` and named by the server. */
export function podFromTemplate(template: PodTemplateSpec, owner: KubeObject): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      // The server chooses the name.
      name: '',
      generateName: generateNameOf(owner.metadata.name),
      namespace: owner.metadata.namespace,
      ...(labels ? { labels: { ...labels } } : {}),
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [controllerRefTo(owner)],
    },
    spec: template.spec ?? { containers: [] },
  };
}

function generateNameOf(ownerName: string): string {
  return ownerName.length < GENERATE_NAME_MAX ? `${ownerName}-` : ownerName;
}

export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof ApiError && (error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') ?? false);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
