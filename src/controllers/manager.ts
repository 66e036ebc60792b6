import type { Clock } from '../base/clock.js';
import type { Ids } from '../base/ids.js';
import type { Logger } from '../base/logger.js';
import { ControllerRunner, type Controller } from '../client/controller.js';
import { ApiEventRecorder } from '../client/event-recorder.js';
import { Informers } from '../client/informers.js';
import type { Client } from '../client/types.js';

/** A controller with what managedFields call its writes. */
export interface ManagedController {
  readonly controller: Controller;
  readonly agent: string;
}

export interface ControllerManagerOptions {
  /** Makes the controllers; called again by each restart. */
  readonly controllers: () => readonly ManagedController[];
  /** What the shared informers read with. */
  readonly informers: Informers;
  /** The client of a resident: who acts, and what managedFields call it. */
  readonly clientOf: (name: string, agent: string) => Client;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

/** Runs controllers (kube-controller-manager without its processes and leases). */
export class ControllerManager {
  private runners: ReadonlyMap<string, ControllerRunner>;
  /** Made by a restart: controllers that have just begun have seen nothing. */
  private freshInformers: Informers | undefined;

  constructor(private readonly options: ControllerManagerOptions) {
    this.runners = this.make(options.informers);
  }

  /** Names of the controllers that run. */
  get names(): string[] {
    return [...this.runners.keys()];
  }

  /** Whether no controller has anything to do or is waiting to do it. */
  get idle(): boolean {
    return [...this.runners.values()].every(({ queue }) => queue.length === 0 && !queue.busy);
  }

  /** Call once the informers are in sync. */
  start(): void {
    for (const runner of this.runners.values()) runner.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.runners.values()].map((runner) => runner.stop()));
    await this.freshInformers?.stop();
  }

  /** As when the process of kube-controller-manager ends and another one begins: what was only in memory is gone. */
  async restart(): Promise<void> {
    await this.stop();
    const { clientOf, clock, logger } = this.options;
    this.freshInformers = new Informers(clientOf('kubette', 'kubette'), { clock, logger });
    this.runners = this.make(this.freshInformers);
    await this.freshInformers.start();
    this.start();
  }

  private make(informers: Informers): ReadonlyMap<string, ControllerRunner> {
    const { controllers, clientOf, clock, ids, logger } = this.options;
    return new Map(
      controllers().map(({ controller, agent }) => {
        const client = clientOf(`system:serviceaccount:kube-system:${controller.name}`, agent);
        const events = new ApiEventRecorder(client, { component: controller.eventSource ?? controller.name }, clock, logger);
        return [controller.name, new ControllerRunner(controller, { client, informers, events, clock, ids, logger })] as const;
      }),
    );
  }
}
