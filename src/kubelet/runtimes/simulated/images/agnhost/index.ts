import type { ImageProgram, ProgramProcess } from '../../program.js';
import { runInShell } from '../shell.js';
import { connect, dnsServerList, dnsSuffix, entrypointTester, etcHosts, liveness, logsGenerator, pause, porter, serveHostname, testWebserver } from './commands.js';
import { grpcHealthChecking } from './grpc-health.js';
import { guestbook } from './guestbook.js';
import { inClusterClient } from './in-cluster-client.js';
import { mounttest } from './mounttest.js';
import { netexec } from './netexec.js';

/** A subcommand of agnhost: `args` are what follows its name. */
export type AgnhostCommand = (process: ProgramProcess, args: readonly string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, AgnhostCommand>> = {
  pause, netexec, liveness, porter, connect, mounttest,
  'serve-hostname': serveHostname, 'logs-generator': logsGenerator, 'entrypoint-tester': entrypointTester, 'dns-suffix': dnsSuffix,
  guestbook, 'grpc-health-checking': grpcHealthChecking, inclusterclient: inClusterClient,
  'dns-server-list': dnsServerList, 'etc-hosts': etcHosts, 'test-webserver': testWebserver,
};

const VERSION = '2.55';

/**
 * registry.k8s.io/e2e-test-images/agnhost, the image of Kubernetes' own tests and of some of its tutorials
 * (https://github.com/kubernetes/kubernetes/tree/master/test/images/agnhost). Of its subcommands there are those above.
 */
export function agnhostProgram(): ImageProgram {
  return {
    config: { entrypoint: ['/agnhost'], cmd: ['pause'], exposedPorts: [80, 8080, 8081, 9376] },
    commands: ['agnhost', 'help', ...Object.keys(COMMANDS)],
    files: { '/agnhost': '#!/agnhost\n' },
    run: (process) => runAgnhost(process),
    exec: (process) => (isAgnhost(process.argv[0]) ? runAgnhost(process) : runInShell(process)),
  };
}

function isAgnhost(name: string | undefined): boolean {
  return name === '/agnhost' || name === 'agnhost';
}

async function runAgnhost(process: ProgramProcess): Promise<number> {
  const [name = 'help', ...args] = process.argv.slice(1);
  if (name === '--version') {
    process.stdout.write(`agnhost version ${VERSION}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command) return command(process, args);
  if (name === 'help' || name === '--help') {
    process.stdout.write(`Usage:\n  app [command]\n\nAvailable Commands:\n${Object.keys(COMMANDS).sort().map((known) => `  ${known}\n`).join('')}`);
    return 0;
  }
  process.stderr.write(`Error: unknown command ${JSON.stringify(name)} for "app"\nRun 'app --help' for usage.\n`);
  return 1;
}
