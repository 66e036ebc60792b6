import { OK, RouteError, type Route } from './route.js';

/** A node's kubelet, as far as it can be made to fail. */
export interface SwitchableNode {
  /** As a power cut: without a word to anyone. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Cut off from the API server: its pods go on, but nobody hears of them. */
  partition(): void;
  heal(): Promise<void>;
}

/** `POST nodes/NAME/stop|start|partition|heal` */
export function nodeRoute(node: (name: string) => SwitchableNode | undefined): Route {
  return async ({ method, rest: [name = '', action = '', ...more] }) => {
    if (method !== 'POST' || more.length > 0) return undefined;
    const found = node(name);
    if (!found) throw new RouteError(404, `no node ${JSON.stringify(name)}`);
    switch (action) {
      case 'stop':
      case 'start':
      case 'heal':
        await found[action]();
        return OK;
      case 'partition':
        found.partition();
        return OK;
      default:
        return undefined;
    }
  };
}
