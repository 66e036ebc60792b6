import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Cluster, ClusterOptions } from '../index.js';
import { SharedCluster } from './shared.js';

/**
 * A jest environment, `testEnvironment: 'kubette/jest'`: tests find a running cluster as `cluster`, one for each worker.
 * After each test it goes back to what it was when the first test of the same `describe` began, and before each file it
 * is new. `testEnvironmentOptions: { kubette: { nodes: 3 } }` are createCluster's options.
 */

declare global {
  /** The cluster of this worker. */
  // eslint-disable-next-line no-var
  var cluster: Cluster;
}

interface EnvironmentConfig {
  readonly projectConfig: { readonly rootDir: string; readonly testEnvironmentOptions: { readonly kubette?: ClusterOptions } };
}

/** What of jest-environment-node and jest-circus is used here. */
interface NodeEnvironment {
  readonly global: typeof globalThis;
  setup(): Promise<void>;
}

interface Block {
  readonly parent?: Block | undefined;
}

type CircusEvent =
  | { readonly name: 'test_start' | 'test_done'; readonly test: { readonly parent: Block } }
  | { readonly name: 'run_describe_finish'; readonly describeBlock: Block }
  | { readonly name: 'other' };

/** Jest loads environments outside of the tests' own realms: what stands here lives as long as the worker. */
let shared: Promise<SharedCluster> | undefined;

/** jest's own environment, found where the jest that runs finds it: package managers do not put it where we could. */
function nodeEnvironment(): new (config: EnvironmentConfig, context: unknown) => NodeEnvironment {
  let from = createRequire(join(process.cwd(), 'package.json'));
  for (const step of ['jest', '@jest/core', 'jest-config']) {
    const found = resolved(from, 'jest-environment-node');
    if (found !== undefined) return (from(found) as { TestEnvironment: ReturnType<typeof nodeEnvironment> }).TestEnvironment;
    const next = resolved(from, step);
    if (next !== undefined) from = createRequire(next);
  }
  return (from('jest-environment-node') as { TestEnvironment: ReturnType<typeof nodeEnvironment> }).TestEnvironment;
}

function resolved(from: NodeJS.Require, name: string): string | undefined {
  try {
    return from.resolve(name);
  } catch {
    return undefined;
  }
}

const Base = nodeEnvironment();

export class TestEnvironment extends Base {
  private readonly options: ClusterOptions;
  private mine: SharedCluster | undefined;

  constructor(config: EnvironmentConfig, context: unknown) {
    super(config, context);
    this.options = config.projectConfig.testEnvironmentOptions.kubette ?? {};
  }

  override async setup(): Promise<void> {
    await super.setup();
    this.mine = await (shared ??= SharedCluster.start(this.options));
    await this.mine.beginFile();
    this.global.cluster = this.mine.cluster;
  }

  async handleTestEvent(event: CircusEvent): Promise<void> {
    if (event.name === 'test_start') this.mine?.beginTest(event.test.parent);
    else if (event.name === 'test_done') await this.mine?.endTest(event.test.parent);
    else if (event.name === 'run_describe_finish') await this.mine?.endGroup(event.describeBlock, event.describeBlock.parent);
  }
}

export default TestEnvironment;
