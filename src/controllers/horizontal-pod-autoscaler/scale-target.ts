import { ApiError } from '../../api/errors.js';
import { parseApiVersion } from '../../api/gvk.js';
import type { ResourceDirectory } from '../../api/served-resource.js';
import type { CrossVersionObjectReference } from '../../api/types/autoscaling-v2.js';
import type { Scale } from '../../api/types/autoscaling-v1.js';
import type { Client, ResourceClient } from '../../client/types.js';

const CONFLICT_TRIES = 5;

/** What an autoscaler scales, by its `scale` subresource: of any kind that has one. */
export class ScaleTarget {
  private constructor(
    private readonly resource: ResourceClient<Scale>,
    readonly scale: Scale,
  ) {}

  /** Rejects with an Error whose message is what conditions and events say. */
  static async find(client: Client, directory: ResourceDirectory, reference: CrossVersionObjectReference, namespace: string): Promise<ScaleTarget> {
    const { group } = parseApiVersion(reference.apiVersion ?? '');
    // The version that the reference names does not matter, only group and kind.
    const served = directory.resources().find((resource) => resource.group === group && resource.kind === reference.kind && resource.preferred);
    if (!served) throw new Error(`no matches for kind ${JSON.stringify(reference.kind)} in group ${JSON.stringify(group)}`);
    const resource = client.resource<Scale>(served);
    return new ScaleTarget(resource, await resource.getSubresource<Scale>({ name: reference.name, namespace, subresource: 'scale' }));
  }

  get replicas(): number {
    return this.scale.spec.replicas ?? 0;
  }

  /** Asks for so many replicas; of several writers the last one counts. Rejects with ApiError. */
  async resize(replicas: number): Promise<void> {
    let { scale } = this;
    for (let tries = 1; ; tries++) {
      try {
        await this.resource.updateSubresource({ ...scale, spec: { ...scale.spec, replicas } }, 'scale');
        return;
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 409 || tries === CONFLICT_TRIES) throw error;
        const { name, namespace } = scale.metadata;
        scale = await this.resource.getSubresource<Scale>({ name, namespace, subresource: 'scale' });
      }
    }
  }
}
