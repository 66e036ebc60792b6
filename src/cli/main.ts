import { UsageError, UserError } from './usage-error.js';

const HELP = `kubette: Kubernetes' API in one process. The real kubectl works with it.

Usage:
  kubette serve [flags]             start a cluster and keep it running until Ctrl-C
  kubette kubeconfig [flags]        print the kubeconfig of a data directory
  kubette node stop|start NAME      take the kubelet of a running cluster's node down, or bring it back;
                                    partition|heal: cut it off from the API server, or join it again
  kubette clock freeze|advance|set  stop or move a running cluster's time; also resume and status
  kubette fault add|list|clear      make requests to a running cluster go wrong
  kubette snapshot save|restore     all objects of a running cluster to a file, or back from one
  kubette reset                     make a running cluster a new one
  kubette stage set|list|delete     change what happens to pods and nodes of a running cluster
  kubette version                   print the versions of kubette and of the API it serves

Try it:
  kubette serve --in-memory --kubeconfig ./kubeconfig &
  kubectl --kubeconfig ./kubeconfig get nodes

'kubette VERB --help' tells the flags of a verb.
`;

type Verb = (args: readonly string[]) => Promise<number>;

// Verbs are loaded when they are asked for: 'kubette version' does not load a server.
const VERBS: Readonly<Record<string, () => Promise<Verb>>> = {
  serve: async () => (await import('./serve.js')).serve,
  kubeconfig: async () => (await import('./kubeconfig.js')).kubeconfig,
  node: async () => (await import('./node.js')).node,
  clock: async () => (await import('./clock.js')).clock,
  fault: async () => (await import('./fault.js')).fault,
  snapshot: async () => (await import('./snapshot.js')).snapshot,
  reset: async () => (await import('./snapshot.js')).reset,
  stage: async () => (await import('./stage.js')).stage,
  version: async () => (await import('./version.js')).version,
};

/** Runs the command line and resolves with the exit code: 0, 1 for what is in the way, 2 for a mistake in the flags. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || (name === 'help' && rest.length === 0)) {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  try {
    if (name === 'help') return await run(rest[0] ?? '', ['--help']);
    return await run(name === '--version' ? 'version' : name, rest);
  } catch (error) {
    if (error instanceof UsageError) return fail(error.message, 2);
    if (error instanceof UserError) return fail(error.message, 1);
    throw error;
  }
}

async function run(name: string, args: readonly string[]): Promise<number> {
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (!verb) throw new UsageError(`unknown command "${name}": 'kubette help' lists the commands`);
  return (await verb())(args);
}

function fail(message: string, code: number): number {
  process.stderr.write(`kubette: ${message}\n`);
  return code;
}
