import type { Container, LifecycleHandler, Pod } from '../../api/types/core-v1.js';
import { pause, podEvent, type KubeletContext } from '../kubelet-context.js';
import { podText } from '../pods/pod-helpers.js';
import { httpGet, type HttpGetTarget } from '../probes/http-get.js';
import { hostPort } from '../probes/network-text.js';
import { httpTarget, runCommand } from '../probes/run-probe.js';

/** Hooks have no timeout of their own but that of what they run in; this bounds one that hangs. */
const HTTP_TIMEOUT_MS = 600_000;

/** Runs a postStart or preStop hook. Rejects with Error whose message is the kubelet's text. */
export async function runHook(context: KubeletContext, pod: Pod, container: Container, containerId: string, podIp: string, handler: LifecycleHandler): Promise<void> {
  const where = `for Container ${JSON.stringify(container.name)} in Pod ${JSON.stringify(podText(pod))} failed - error:`;
  const { clock, runtime } = context;
  if (handler.exec) {
    const command = handler.exec.command ?? [];
    const { code, output } = await runCommand(runtime, clock, containerId, command, 0);
    if (code !== 0) throw new Error(`Exec lifecycle hook ([${command.join(' ')}]) ${where} command '${command.join(' ')}' exited with ${code}: ${output}, message: ${JSON.stringify(output)}`);
  } else if (handler.httpGet) {
    try {
      await httpHook(context, pod, httpTarget(handler.httpGet, container, podIp));
    } catch (error) {
      throw new Error(`HTTP lifecycle hook (${handler.httpGet.path ?? ''}) ${where} ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  } else if (handler.sleep) {
    await pause(context, handler.sleep.seconds * 1000);
  } else throw new Error(`Cannot run handler: invalid handler: ${JSON.stringify(handler)}`);
}

async function httpHook(context: KubeletContext, pod: Pod, target: HttpGetTarget): Promise<void> {
  const options = { connect: (host: string, port: number) => context.network.connect(host, port, { from: context.nodeIp }), clock: context.clock, timeoutMs: HTTP_TIMEOUT_MS, agent: 'lifecycle' as const };
  try {
    await httpGet(target, options);
  } catch (error) {
    if (target.scheme !== 'https' || !(error instanceof Error) || !error.message.includes('server gave HTTP response to HTTPS client')) throw error;
    await httpGet({ ...target, scheme: 'http', headers: target.headers.filter(([name]) => name.toLowerCase() !== 'authorization') }, options);
    podEvent(context, pod, 'Warning', 'LifecycleHTTPFallback', `request to HTTPS lifecycle hook ${hostPort(target.host, target.port)} got HTTP response, retry with HTTP succeeded`);
  }
}
