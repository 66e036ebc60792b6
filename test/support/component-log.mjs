/**
 * Lines in which a Kubernetes component complains of the server: errors and warnings but for those that it logs beside the
 * real kube-apiserver as well. klog's lines begin with I, W or E and the date; KWOK's carry a level.
 */
export function complaints(program, text) {
  return text.split('\n').filter((line) => {
    if (!(/^[EWF]\d{4} /.test(line) || /level=(ERROR|WARN)|"level":"?(error|warn)|\b(ERROR|WARN)\b/.test(line))) return false;
    return !HARMLESS.some((pattern) => pattern.test(line));
  });
}

/** Each seen in the logs of the same programs beside the real kube-apiserver. */
const HARMLESS = [
  /The manifest file is empty, ignoring/,
  /No authorization-kubeconfig provided/,
  /Flexvolume plugin directory/,
  // A controller looks again before its informer has seen its own last write.
  /read version: \d+ is not as new as written version: \d+/,
  /the object has been modified; please apply your changes to the latest version and try again/,
  // A namespace on its way out: StatefulSets try to replace their pods until they are deleted themselves.
  /because it is being terminated/,
  /unexpected items still remain in namespace/,
  // The end of the program.
  /broadcaster already stopped/,
  /context canceled/,
];
