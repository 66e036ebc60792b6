// Manifests of pods, good and bad, that record.mjs sends to a real server. Every case is a name and what it adds to a plain pod.

const plain = () => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } });

/** @type {Array<{ name: string, pod: object }>} */
const cases = [];
const add = (name, pod) => cases.push({ name, pod });
/** Adds fields to the spec. */
const spec = (name, fields, metadata = {}) => {
  const pod = plain();
  add(name, { ...pod, metadata: { ...pod.metadata, ...metadata }, spec: { ...pod.spec, ...fields } });
};
/** Adds fields to the only container, and to the spec. */
const container = (name, fields, more = {}, metadata = {}) => spec(name, { containers: [{ name: 'c', image: 'i', ...fields }], ...more }, metadata);
const meta = (name, metadata) => spec(name, {}, metadata);
const LONG = 'a'.repeat(64);
const SHA = `sha256:${'0123456789abcdef'.repeat(4)}`;

// --- names, images, containers
spec('a plain pod', {});
meta('a name with dots', { name: 'a.b.c' });
meta('a name in upper case', { name: 'Pod_X' });
meta('a name that is too long for a host', { name: LONG });
meta('a name that is longer than any', { name: 'a'.repeat(254) });
meta('a generated name', { name: undefined, generateName: 'gen-' });
meta('bad labels and annotations', { labels: { 'bad key': 'x', good: 'bad value!' }, annotations: { 'no/such/key': '1' } });
spec('no containers', { containers: [] });
spec('two containers of one name', { containers: [{ name: 'c', image: 'i' }, { name: 'c', image: 'i' }] });
spec('a container without name and image', { containers: [{}] });
spec('names of containers that are not labels', { containers: [{ name: 'C_1', image: 'i' }, { name: 'a.b', image: 'i' }, { name: LONG, image: 'i' }] });
container('an image with spaces', { image: ' i ' });
for (const image of ['nginx', 'nginx:1', 'nginx:latest', `nginx@${SHA}`, `nginx:latest@${SHA}`, 'localhost:5000/x', 'UPPER', 'a b', 'reg.io/x:y:z']) container(`the image ${image.slice(0, 30)}`, { image });
container('a pull policy that is none', { imagePullPolicy: 'Sometimes' });
container('a termination message policy that is none', { terminationMessagePolicy: 'Stdout', terminationMessagePath: '/x' });
container('all simple fields of a container', { command: ['a'], args: ['b'], workingDir: '/w', stdin: true, stdinOnce: true, tty: true, imagePullPolicy: 'Never', terminationMessagePath: '/tm', terminationMessagePolicy: 'FallbackToLogsOnError' });

// --- ports
container('ports', { ports: [{ containerPort: 80 }, { name: 'web', containerPort: 81, protocol: 'UDP', hostPort: 8081, hostIP: '127.0.0.1' }] });
container('ports that are wrong', { ports: [{ containerPort: 0 }, { containerPort: 70000 }, { containerPort: 80, hostPort: -1 }, { containerPort: 80, protocol: 'HTTP' }, { name: 'Web_Port-That-Is-Too-Long', containerPort: 80 }, { name: '123', containerPort: 80 }, { name: 'a--b', containerPort: 80 }] });
container('two ports of one name', { ports: [{ name: 'x', containerPort: 80 }, { name: 'x', containerPort: 81 }] });
spec('a host port twice', { containers: [{ name: 'a', image: 'i', ports: [{ containerPort: 80, hostPort: 80 }] }, { name: 'b', image: 'i', ports: [{ containerPort: 81, hostPort: 80 }] }] });
spec('ports that overlap', { containers: [{ name: 'a', image: 'i', ports: [{ name: 'x', containerPort: 80, hostPort: 80 }, { containerPort: 80 }, { containerPort: 90 }, { containerPort: 90 }] }, { name: 'b', image: 'i', ports: [{ name: 'x', containerPort: 80, hostPort: 80, hostIP: '10.0.0.1' }, { containerPort: 5, hostIP: '1.2.3.4' }] }] });
container('host network gives host ports', { ports: [{ containerPort: 80 }] }, { hostNetwork: true, initContainers: [{ name: 'i', image: 'i', ports: [{ containerPort: 81 }] }] });
container('host network with another host port', { ports: [{ containerPort: 80, hostPort: 81 }] }, { hostNetwork: true });

// --- environment
container('environment', { env: [{ name: 'A', value: '1' }, { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }, { name: 'C', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }, { name: 'D', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k' } } }, { name: 'E', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } } }, { name: 'F', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } }] });
container('environment that is wrong', { env: [{ name: '' }, { name: 'a=b', value: 'x' }, { name: 'A', valueFrom: {} }, { name: 'B', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }, { name: 'C', valueFrom: { fieldRef: { fieldPath: 'metadata.name' }, secretKeyRef: { name: 's', key: 'k' } } }, { name: 'D', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } }, { name: 'E', valueFrom: { fieldRef: { fieldPath: 'spec.foo' } } }, { name: 'F', valueFrom: { fieldRef: { fieldPath: '' } } }, { name: 'G', valueFrom: { fieldRef: { apiVersion: 'v2', fieldPath: 'metadata.name' } } }, { name: 'H', valueFrom: { fieldRef: { fieldPath: "metadata.name['x']" } } }, { name: 'I', valueFrom: { fieldRef: { fieldPath: "metadata.labels['bad key']" } } }] });
container('resources in the environment that are wrong', { env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: '' } } }, { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.gpu' } } }, { name: 'C', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } } }, { name: 'D', valueFrom: { resourceFieldRef: { resource: 'requests.memory', divisor: '3Mi' } } }, { name: 'E', valueFrom: { resourceFieldRef: { resource: 'requests.hugepages-2Mi', divisor: '3' } } }, { name: 'F', valueFrom: { resourceFieldRef: { resource: 'limits.ephemeral-storage', divisor: '7' } } }, { name: 'G', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } }] });
container('keys in the environment that are wrong', { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: '', key: '' } } }, { name: 'B', valueFrom: { secretKeyRef: { name: 'S', key: 'a b' } } }, { name: 'C', valueFrom: { configMapKeyRef: { name: 'x', key: '..' } } }] });
container('environment from objects', { envFrom: [{ prefix: 'P_', configMapRef: { name: 'cm' } }, { secretRef: { name: 's', optional: true } }] });
container('environment from objects that is wrong', { envFrom: [{}, { prefix: 'a=b', configMapRef: { name: '' } }, { configMapRef: { name: 'X!' }, secretRef: { name: '' } }] });
container('variables that hide others', { env: [{ name: 'A', value: '1' }, { name: 'A', value: '2' }, { name: 'B', value: '1' }, { name: 'B', value: '$(B)2' }, { name: 'C', value: '1' }, { name: 'C', value: '$(C)' }] });
container('variables from files', { env: [{ name: 'A', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'f', key: 'K' } } }] }, { volumes: [{ name: 'v', emptyDir: {} }] });
container('variables from files that are wrong', { env: [{ name: 'A', valueFrom: { fileKeyRef: { volumeName: 'nope', path: '../f', key: '' } } }, { name: 'B', valueFrom: { fileKeyRef: { volumeName: 'w', path: '', key: 'a=b' } } }] }, { volumes: [{ name: 'w', hostPath: { path: '/x' } }] });

// --- probes and hooks
const probes = (probe) => ({ livenessProbe: probe, readinessProbe: probe, startupProbe: probe });
container('probes by HTTP', probes({ httpGet: { port: 80 } }));
container('probes by everything', { livenessProbe: { exec: { command: ['x'] } }, readinessProbe: { tcpSocket: { port: 'web' }, initialDelaySeconds: 5, timeoutSeconds: 2, periodSeconds: 3, successThreshold: 2, failureThreshold: 4 }, startupProbe: { grpc: { port: 5000 }, terminationGracePeriodSeconds: 5 } });
container('probes without handler', probes({}));
container('probes with two handlers', probes({ exec: { command: ['x'] }, httpGet: { port: 80 }, tcpSocket: { port: 1 }, grpc: { port: 1 } }));
container('probes with wrong numbers', probes({ httpGet: { port: 80 }, initialDelaySeconds: -1, timeoutSeconds: -1, periodSeconds: -1, successThreshold: -1, failureThreshold: -1, terminationGracePeriodSeconds: 0 }));
container('a liveness probe that must succeed twice', probes({ httpGet: { port: 80 }, successThreshold: 2, terminationGracePeriodSeconds: 3 }));
container('handlers that are wrong', { livenessProbe: { httpGet: { port: 0, scheme: 'FTP', httpHeaders: [{ name: 'Bad Header', value: 'x' }] } }, readinessProbe: { exec: { command: [] } }, startupProbe: { tcpSocket: { port: 'Not_A_Port' } }, lifecycle: { postStart: { httpGet: { port: 70000 } }, preStop: {} } });
container('hooks', { lifecycle: { postStart: { exec: { command: ['a'] } }, preStop: { httpGet: { port: 80, path: '/x' } } } });
container('a hook that sleeps', { lifecycle: { preStop: { sleep: { seconds: 5 } } } });
container('hooks that sleep too long or not at all', { lifecycle: { preStop: { sleep: { seconds: 31 } }, postStart: { sleep: { seconds: -1 } } } });
container('a stop signal', { lifecycle: { stopSignal: 'SIGUSR1' } }, { os: { name: 'linux' } });

// --- resources
const resources = (limits, requests) => ({ resources: { ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) } });
container('requests from limits', resources({ cpu: 1, memory: '128Mi' }));
container('requests and limits', resources({ cpu: '500m', memory: '1Gi' }, { cpu: '250m', memory: '512Mi', 'ephemeral-storage': '1Gi' }));
container('amounts that are not canonical', resources({ cpu: '1000m', memory: '1024Mi', 'example.com/gpu': '1' }, { cpu: '0.1', memory: '1000Ki', 'example.com/gpu': 1 }));
container('amounts below thousandths', resources(undefined, { cpu: '0.0001', memory: '0.5' }));
container('fractions of bytes', resources({ memory: '100m', 'ephemeral-storage': '1500m' }));
container('requests above limits', resources({ cpu: '100m', memory: '1Mi' }, { cpu: '200m', memory: '2Mi' }));
container('negative amounts', resources({ cpu: '-1' }, { memory: '-5' }));
container('resources that do not exist', resources({ gpu: 1, 'a b': 1, 'kubernetes.io/x': 1, 'requests.example.com/x': 1 }, { storage: 1, pods: 1 }));
container('extended resources that do not fit', resources({ 'example.com/gpu': 2, 'example.com/half': '500m' }, { 'example.com/gpu': 1, 'example.com/other': 1 }));
container('huge pages alone', resources({ 'hugepages-2Mi': '4Mi' }));
container('huge pages of odd size', resources({ 'hugepages-2Mi': '3Mi', cpu: 1 }));
container('huge pages', resources({ 'hugepages-2Mi': '4Mi', memory: '1Gi' }));
container('guaranteed', resources({ cpu: 1, memory: '1Gi' }, { cpu: 1, memory: '1Gi' }));
container('a container without claims of the pod', { resources: { claims: [{ name: 'x' }, { name: 'x' }, { name: '' }] } });
container('claims', { resources: { claims: [{ name: 'x', request: 'r' }] } }, { resourceClaims: [{ name: 'x', resourceClaimName: 'rc' }] });
spec('claims that are wrong', { resourceClaims: [{ name: '' }, { name: 'A', resourceClaimName: 'x', resourceClaimTemplateName: 'y' }, { name: 'b', resourceClaimName: 'X_' }, { name: 'b', resourceClaimTemplateName: 'ok' }] });
spec('resources of the pod', { resources: { limits: { cpu: '2', memory: '1Gi' } } });
container('resources of the pod and its containers', resources({ cpu: '1' }, { cpu: '500m', memory: '100Mi' }), { resources: { limits: { cpu: '2', memory: '1Gi' } } });
container('resources of the pod that are too small', resources({ cpu: '4' }, { cpu: '3' }), { resources: { limits: { cpu: '2' }, requests: { cpu: '1', 'example.com/x': '1' }, claims: [{ name: 'q' }] } });
container('resize policies', { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }, { resourceName: 'memory', restartPolicy: 'RestartContainer' }] });
container('resize policies that are wrong', { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'Maybe' }, { resourceName: 'cpu', restartPolicy: 'NotRequired' }, { resourceName: 'disk', restartPolicy: '' }] }, { restartPolicy: 'Never' });
spec('overhead without a runtime class', { overhead: { cpu: '100m' } });

// --- restart policies, init containers
for (const restartPolicy of ['OnFailure', 'Never', 'Sometimes']) spec(`restart policy ${restartPolicy}`, { restartPolicy });
container('a restart policy of a container with rules', { restartPolicy: 'Never', restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }] });
container('restart rules that are wrong', { restartPolicyRules: [{ action: 'Explode', exitCodes: { operator: 'Near', values: [1] } }, { action: 'Restart' }] });
spec('init containers', { initContainers: [{ name: 'i', image: 'x' }, { name: 'side', image: 'x:1', restartPolicy: 'Always', livenessProbe: { exec: { command: ['x'] } } }] });
spec('init containers that are wrong', { initContainers: [{ name: 'c', image: 'x' }, { name: 'i', image: 'x', lifecycle: { preStop: { exec: { command: ['x'] } } }, ...probes({ httpGet: { port: 80 } }) }, { name: 'i', image: '' }, { name: 'r', image: 'x', restartPolicy: 'Weekly' }, { name: 's', image: 'x', restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }] }, { name: 't', image: 'x', resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] }] });
spec('ephemeral containers on create', { ephemeralContainers: [{ name: 'e', image: 'i', ports: [{ containerPort: 80 }], targetContainerName: 'nope', lifecycle: {}, resources: { limits: { cpu: 1 } } }, { name: 'c', image: 'i' }] });

// --- volumes
const volumes = (name, list, containerFields = {}) => container(name, containerFields, { volumes: list });
volumes('volumes of common sorts', [{ name: 'e' }, { name: 'h', hostPath: { path: '/x' } }, { name: 's', secret: { secretName: 's' } }, { name: 'c', configMap: { name: 'c', items: [{ key: 'k', path: 'p' }] } }, { name: 'p', persistentVolumeClaim: { claimName: 'pvc' } }, { name: 'd', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }, { path: 'cpu', resourceFieldRef: { containerName: 'c', resource: 'limits.cpu' } }] } }, { name: 'm', emptyDir: { medium: 'Memory', sizeLimit: '1024Mi' } }]);
volumes('a projected volume', [{ name: 'p', projected: { sources: [{ secret: { name: 's' } }, { configMap: { name: 'c' } }, { downwardAPI: { items: [{ path: 'n', fieldRef: { fieldPath: 'metadata.name' } }] } }, { serviceAccountToken: { path: 't' } }] } }]);
volumes('a projected volume that is wrong', [{ name: 'p', projected: { defaultMode: 1000, sources: [{ secret: { name: '', items: [{ key: 'a', path: 'x' }, { key: 'b', path: 'x' }, { key: '', path: '' }, { key: 'k', path: '../x', mode: 5000 }] } }, { secret: { name: 's' }, configMap: { name: 'c' } }, { serviceAccountToken: { path: '', expirationSeconds: 5 } }, { serviceAccountToken: { path: '/abs', expirationSeconds: 5000000000 } }, { downwardAPI: { items: [{ path: 'x' }] } }, {}] } }]);
volumes('projections behind gates', [{ name: 'p', projected: { sources: [{ clusterTrustBundle: { name: 'x', path: 'y' } }, { podCertificate: { signerName: 'a.b/c', keyType: 'ED25519', keyPath: 'k' } }] } }]);
volumes('volumes of odd sorts', [{ name: 'i', iscsi: { targetPortal: '1.2.3.4', iqn: 'iqn.2001-04.com.example:storage', lun: 0 } }, { name: 'r', rbd: { monitors: ['a'], image: 'x' } }, { name: 'a', azureDisk: { diskName: 'd', diskURI: 'https://x' } }, { name: 'f', azureFile: { secretName: 's', shareName: 'x' } }, { name: 'sc', scaleIO: { gateway: 'g', system: 's', secretRef: { name: 'x' }, volumeName: 'v' } }, { name: 'n', nfs: { server: 's', path: '/p' } }, { name: 'im', image: { reference: 'x' } }, { name: 'csi', csi: { driver: 'd.example.com' } }, { name: 'cs', cephfs: { monitors: ['x'] } }, { name: 'g', gitRepo: { repository: 'x' } }, { name: 'gl', glusterfs: { endpoints: 'e', path: 'p' } }, { name: 'fl', flocker: { datasetName: 'x' } }, { name: 'so', storageos: { volumeName: 'v' } }, { name: 'q', quobyte: { registry: 'a:1', volume: 'v' } }, { name: 'ph', photonPersistentDisk: { pdID: 'x' } }, { name: 'fc', fc: { targetWWNs: ['x'], lun: 1 } }, { name: 'fx', flexVolume: { driver: 'x/y' } }, { name: 'aws', awsElasticBlockStore: { volumeID: 'v' } }, { name: 'gce', gcePersistentDisk: { pdName: 'p' } }, { name: 'vs', vsphereVolume: { volumePath: 'p' } }, { name: 'pw', portworxVolume: { volumeID: 'x' } }, { name: 'ci', cinder: { volumeID: 'x' } }]);
volumes('an ephemeral volume', [{ name: 'e', ephemeral: { volumeClaimTemplate: { metadata: { labels: { a: 'b' } }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } } } }]);
volumes('an ephemeral volume that is wrong', [{ name: 'e', ephemeral: { volumeClaimTemplate: { metadata: { name: 'x', labels: { 'a b': 'c' } }, spec: { accessModes: ['Sometimes', 'ReadWriteOncePod', 'ReadWriteOnce'], volumeMode: 'Tape', storageClassName: 'X_', dataSource: { kind: 'Foo', name: '' }, resources: { requests: { storage: '0' } } } } } }, { name: 'f', ephemeral: {} }, { name: 'g', persistentVolumeClaim: { claimName: 'p-e' } }, { name: 'h', ephemeral: { volumeClaimTemplate: { spec: {} } } }]);
volumes('volumes with wrong names', [{ name: '', emptyDir: {} }, { name: 'A_b', emptyDir: {} }, { name: 'x', emptyDir: {} }, { name: 'x', emptyDir: {} }]);
volumes('a volume of two sorts', [{ name: 'v', emptyDir: {}, hostPath: { path: '/x' }, secret: { secretName: 's' }, downwardAPI: {}, cephfs: { monitors: [] } }]);
volumes('volumes with holes', [{ name: 'a', hostPath: { path: '' } }, { name: 'b', hostPath: { path: '/a/../b', type: 'Ship' } }, { name: 'c', secret: { secretName: '', defaultMode: 1000, items: [{ key: '', path: '' }, { key: 'k', path: '..x' }, { key: 'k', path: '/abs' }] } }, { name: 'd', configMap: {} }, { name: 'e', persistentVolumeClaim: {} }, { name: 'f', nfs: { server: '', path: 'rel' } }, { name: 'g', downwardAPI: { defaultMode: -1, items: [{ path: '', fieldRef: { fieldPath: 'status.podIP' } }, { path: 'x', resourceFieldRef: { resource: 'limits.cpu' } }] } }, { name: 'h', emptyDir: { sizeLimit: '-1' } }, { name: 'i', csi: { driver: '' } }, { name: 'j', image: {} }]);
volumes('odd volumes with holes', [{ name: 'a', iscsi: { targetPortal: '', iqn: 'x', lun: 500, chapAuthSession: true, initiatorName: 'iqn.bad' } }, { name: 'b', iscsi: { targetPortal: 'p', iqn: '', lun: 0 } }, { name: 'c', rbd: { monitors: [], image: '' } }, { name: 'd', azureDisk: { diskName: '', diskURI: 'x', kind: 'Managed', cachingMode: 'Maybe' } }, { name: 'e', azureDisk: { diskName: 'x', diskURI: 'y', kind: 'Odd' } }, { name: 'f', scaleIO: {} }, { name: 'g', glusterfs: {} }, { name: 'h', flocker: {} }, { name: 'i', flocker: { datasetName: 'a/b', datasetUUID: 'x' } }, { name: 'j', quobyte: { registry: 'nohost' } }, { name: 'k', quobyte: {} }, { name: 'l', fc: {} }, { name: 'm', fc: { targetWWNs: ['x'], wwids: ['y'] } }, { name: 'n', flexVolume: { driver: '', options: { 'kubernetes.io/x': '1', ok: '2' } } }, { name: 'o', gcePersistentDisk: { pdName: '', partition: 300 } }, { name: 'p', storageos: { volumeName: 'A', secretRef: {} } }, { name: 'q', gitRepo: { repository: '', directory: '/x/..' } }, { name: 'r', cinder: { secretRef: {} } }, { name: 's', csi: { driver: 'A B', nodePublishSecretRef: {} } }]);
volumes('mounts', [{ name: 'v', emptyDir: {} }], { volumeMounts: [{ name: 'v', mountPath: '/a' }, { name: 'v', mountPath: '/b', subPath: 'x', readOnly: true, recursiveReadOnly: 'IfPossible' }, { name: 'v', mountPath: '/c', subPathExpr: '$(A)', mountPropagation: 'HostToContainer' }] });
volumes('mounts that are wrong', [{ name: 'v', emptyDir: {} }], { volumeMounts: [{ name: 'nope', mountPath: '/a' }, { name: 'v', mountPath: '/a' }, { name: '', mountPath: '' }, { name: 'v', mountPath: '/x', subPath: '/abs', subPathExpr: '../x' }, { name: 'v', mountPath: '/y', mountPropagation: 'Bidirectional' }, { name: 'v', mountPath: '/z', mountPropagation: 'Sideways', recursiveReadOnly: 'Perhaps' }, { name: 'v', mountPath: '/q', recursiveReadOnly: 'Enabled', mountPropagation: 'HostToContainer' }] });
volumes('devices', [{ name: 'v', persistentVolumeClaim: { claimName: 'x' } }], { volumeDevices: [{ name: 'v', devicePath: '/dev/x' }] });
volumes('devices that are wrong', [{ name: 'v', emptyDir: {} }, { name: 'w', persistentVolumeClaim: { claimName: 'x' } }], { volumeMounts: [{ name: 'w', mountPath: '/dev/w' }], volumeDevices: [{ name: 'v', devicePath: '/dev/x' }, { name: 'nope', devicePath: '/dev/x' }, { name: '', devicePath: '' }, { name: 'w', devicePath: '/a/../b' }, { name: 'w', devicePath: '/dev/w' }] });
volumes('paths that overlap', [{ name: 'c', configMap: { name: 'c', items: [{ key: 'a', path: 'x' }, { key: 'b', path: 'x/y' }] } }, { name: 'p', projected: { sources: [{ secret: { name: 's', items: [{ key: 'a', path: 'q' }] } }, { configMap: { name: 'c', items: [{ key: 'a', path: 'q/r' }] } }, {}] } }]);
volumes('fractions of bytes in a claim', [{ name: 'e', ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1500m' } } } } } }]);

// --- security
container('a security context', { securityContext: { runAsUser: 1, runAsGroup: 2, privileged: true, capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' }, procMount: 'Default' } }, { securityContext: { runAsUser: 1000, fsGroup: 5, supplementalGroups: [1, 2], fsGroupChangePolicy: 'Always', sysctls: [{ name: 'net.core.somaxconn', value: '1' }], appArmorProfile: { type: 'Unconfined' } } });
container('a security context that is wrong', { securityContext: { runAsUser: -1, runAsGroup: -2, procMount: 'Open', seccompProfile: { type: 'Odd', localhostProfile: 'x' }, appArmorProfile: { type: 'Localhost' } } }, { securityContext: { runAsUser: -1, runAsGroup: -1, fsGroup: -1, supplementalGroups: [-1], fsGroupChangePolicy: 'Never', supplementalGroupsPolicy: 'Odd', seLinuxChangePolicy: 'MountOption', seccompProfile: {}, appArmorProfile: { type: 'RuntimeDefault', localhostProfile: 'x' }, sysctls: [{ name: '' }, { name: 'Bad Name' }, { name: 'a.b' }, { name: 'a.b' }] } });
container('no escalation but privileged', { securityContext: { allowPrivilegeEscalation: false, privileged: true, capabilities: { add: ['CAP_SYS_ADMIN'] } } });
container('an unmasked proc without user namespace', { securityContext: { procMount: 'Unmasked' } });
container('seccomp profiles of files', { securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: '/abs' } } }, { securityContext: { seccompProfile: { type: 'Localhost' } } });
spec('sysctls of the host', { hostNetwork: true, hostIPC: true, securityContext: { sysctls: [{ name: 'net.ipv4.ip_forward', value: '1' }, { name: 'kernel.sem', value: '1' }] } });
spec('host namespaces', { hostPID: true, hostIPC: true, shareProcessNamespace: true });
spec('a user namespace', { hostUsers: false });
container('a user namespace with the host', { volumeDevices: [{ name: 'v', devicePath: '/d' }] }, { hostUsers: false, hostPID: true, hostIPC: true, hostNetwork: true, volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'x' } }] });
container('linux with windows options', { securityContext: { windowsOptions: { runAsUserName: 'x' } } }, { os: { name: 'linux' }, securityContext: { windowsOptions: {} } });
container('windows with linux options', { securityContext: { runAsUser: 1, privileged: true, capabilities: {} } }, { os: { name: 'windows' }, hostPID: true, securityContext: { fsGroup: 1, runAsUser: 1, sysctls: [{ name: 'a', value: 'b' }] } });
spec('an unknown system', { os: { name: 'plan9' } });
spec('a system without name', { os: {} });
container('windows options that are wrong', { securityContext: { windowsOptions: { gmsaCredentialSpecName: 'A_', gmsaCredentialSpec: '', runAsUserName: 'a\\b\\c', hostProcess: true } } }, { securityContext: { windowsOptions: { hostProcess: false, runAsUserName: '' } } });
container('windows users', { securityContext: { windowsOptions: { runAsUserName: '...' } } }, { securityContext: { windowsOptions: { runAsUserName: 'bad*domain\\us/er' } } });

// --- annotations with a meaning
meta('annotations of old', { annotations: { 'scheduler.alpha.kubernetes.io/critical-pod': '', 'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default', 'container.seccomp.security.alpha.kubernetes.io/c': 'unconfined', 'container.apparmor.security.beta.kubernetes.io/c': 'runtime/default', 'controller.kubernetes.io/pod-deletion-cost': '10', 'pod.beta.kubernetes.io/init-containers': '[]' } });
meta('annotations that are wrong', { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'odd', 'container.seccomp.security.alpha.kubernetes.io/c': 'localhost//abs', 'container.apparmor.security.beta.kubernetes.io/nope': 'odd', 'controller.kubernetes.io/pod-deletion-cost': '+1', 'kubernetes.io/config.mirror': 'x' } });
container('annotations against fields', { securityContext: { seccompProfile: { type: 'Unconfined' }, appArmorProfile: { type: 'Localhost', localhostProfile: 'y' } } }, { securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'x' } } }, { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'localhost/z', 'container.seccomp.security.alpha.kubernetes.io/c': 'runtime/default', 'container.apparmor.security.beta.kubernetes.io/c': 'localhost/q' } });

// --- scheduling
spec('a node selector', { nodeSelector: { 'kubernetes.io/os': 'linux', 'beta.kubernetes.io/arch': 'amd64' } });
spec('a node selector that is wrong', { nodeSelector: { 'a b': 'c', d: 'e f' } });
spec('tolerations', { tolerations: [{ operator: 'Exists' }] });
spec('tolerations of some taints', { tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }, { key: 'k', value: 'v', effect: 'NoSchedule' }] });
spec('tolerations that are wrong', { tolerations: [{ key: 'a b', operator: 'Equal', value: 'x y' }, { operator: 'Equal' }, { key: 'k', operator: 'Exists', value: 'v' }, { key: 'k', operator: 'Like' }, { key: 'k', operator: 'Gt', value: '1' }, { key: 'k', effect: 'Odd' }, { key: 'k', effect: 'NoSchedule', tolerationSeconds: 3 }] });
const term = (expression) => ({ nodeSelectorTerms: [{ matchExpressions: [expression] }] });
const nodeAffinity = (required, preferred) => ({ affinity: { nodeAffinity: { ...(required ? { requiredDuringSchedulingIgnoredDuringExecution: required } : {}), ...(preferred ? { preferredDuringSchedulingIgnoredDuringExecution: preferred } : {}) } } });
spec('node affinity', nodeAffinity(term({ key: 'beta.kubernetes.io/os', operator: 'In', values: ['linux'] }), [{ weight: 1, preference: { matchExpressions: [{ key: 'x', operator: 'In', values: ['a b'] }] } }]));
spec('node affinity that is wrong', nodeAffinity({ nodeSelectorTerms: [{ matchExpressions: [{ key: 'a b', operator: 'In' }, { key: 'x', operator: 'Exists', values: ['y'] }, { key: 'x', operator: 'Gt', values: ['1', '2'] }, { key: 'x', operator: 'Near' }, { key: 'x', operator: 'In', values: ['v v'] }], matchFields: [{ key: 'metadata.name', operator: 'In', values: ['A_'] }, { key: 'metadata.uid', operator: 'Exists' }, { key: 'metadata.name', operator: 'NotIn', values: [] }] }] }, [{ weight: 0, preference: {} }, { weight: 101, preference: { matchExpressions: [{ key: '', operator: 'Exists' }] } }]));
spec('node affinity without terms', nodeAffinity({ nodeSelectorTerms: [] }));
const podTerm = { topologyKey: 'zone', labelSelector: { matchLabels: { a: 'b' } } };
spec('pod affinity', { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [podTerm, { topologyKey: 'x' }], preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 5, podAffinityTerm: { topologyKey: 'x' } }] }, podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ ...podTerm, matchLabelKeys: ['app', 'none'], mismatchLabelKeys: ['tier'] }] } } }, { labels: { app: 'x', tier: 'y' } });
spec('pod affinity that is wrong', { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: '', namespaces: ['A'], labelSelector: { matchLabels: { 'a b': 'c' }, matchExpressions: [{ key: 'x', operator: 'In' }, { key: 'y', operator: 'Odd', values: ['q q'] }] }, namespaceSelector: { matchExpressions: [{ key: 'x', operator: 'Exists', values: ['z'] }] } }], preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 0, podAffinityTerm: { topologyKey: 'a b', matchLabelKeys: ['x'] } }] }, podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 't', labelSelector: { matchLabels: { app: 'x' } }, matchLabelKeys: ['app', 'bad key'], mismatchLabelKeys: ['app'] }] } } }, { labels: { app: 'x' } });
const spread = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' };
spec('topology spread', { topologySpreadConstraints: [{ ...spread, labelSelector: { matchLabels: { a: 'b' } }, matchLabelKeys: ['app'], minDomains: 2, nodeAffinityPolicy: 'Honor', nodeTaintsPolicy: 'Ignore' }, { ...spread, topologyKey: 'failure-domain.beta.kubernetes.io/zone' }] }, { labels: { app: 'x' } });
spec('topology spread that is wrong', { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'Cry', minDomains: -1, nodeAffinityPolicy: 'Odd', nodeTaintsPolicy: 'Odd', matchLabelKeys: ['x'] }, { ...spread, labelSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } }, spread, { ...spread, topologyKey: 'q', whenUnsatisfiable: 'ScheduleAnyway', minDomains: 3 }] });
spec('scheduling gates', { schedulingGates: [{ name: 'example.com/wait' }] });
spec('scheduling gates that are wrong', { nodeName: 'node-0', schedulingGates: [{ name: '' }, { name: 'a b' }, { name: 'x' }, { name: 'x' }] });
spec('a node', { nodeName: 'node-9' });
spec('names of other things that are wrong', { nodeName: 'N_', priorityClassName: 'system-node-critical', hostname: 'a.b', subdomain: 'X', runtimeClassName: 'R_', activeDeadlineSeconds: 0, schedulerName: 'mine', preemptionPolicy: 'PreemptLowerPriority', readinessGates: [{ conditionType: 'bad type' }], terminationGracePeriodSeconds: -5 });
spec('a priority class', { priorityClassName: 'system-cluster-critical' });
spec('a priority class that is not there', { priorityClassName: 'nope' });
spec('a priority that is not the class\'s', { priority: 5 });
spec('a preemption policy that is not the class\'s', { preemptionPolicy: 'Never' });
spec('a runtime class that is not there', { runtimeClassName: 'nope' });
spec('a scheduling group', { schedulingGroup: { podGroupName: 'x' } });

// --- network, dns, accounts
spec('dns', { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.2.3.4'], searches: ['a.b', '.', 'x_y.z.'], options: [{ name: 'ndots', value: '2' }] } });
spec('dns that is wrong', { dnsPolicy: 'Odd', dnsConfig: { nameservers: ['1.2.3.4', 'x', '01.2.3.4', '::ffff:1.2.3.4'], searches: ['A B'], options: [{ name: '' }] } });
spec('dns policy None alone', { dnsPolicy: 'None' });
spec('dns policy None without servers', { dnsPolicy: 'None', dnsConfig: { searches: ['x'] } });
spec('host aliases', { hostAliases: [{ ip: '1.2.3.4', hostnames: ['a', 'b.c'] }, { ip: '1.2.3.4' }, { ip: '2001:DB8::1', hostnames: ['x'] }] });
spec('host aliases that are wrong', { hostAliases: [{ ip: 'x', hostnames: ['A B'] }, {}] });
spec('hostname and subdomain', { hostname: 'h', subdomain: 's', setHostnameAsFQDN: true, enableServiceLinks: false });
spec('a hostname override', { hostnameOverride: 'my.host' });
spec('a hostname override that is wrong', { hostnameOverride: `A${LONG}`, setHostnameAsFQDN: true, hostNetwork: true });
spec('pull secrets', { imagePullSecrets: [{ name: 'a' }, { name: 'a' }, {}] });
spec('an old service account field', { serviceAccount: 'default' });
spec('an account that is not there', { serviceAccountName: 'nope' });
spec('an account with a wrong name', { serviceAccountName: 'N_' });
spec('no token', { automountServiceAccountToken: false });
container('a mount where the token goes', { volumeMounts: [{ name: 'v', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }] }, { volumes: [{ name: 'v', emptyDir: {} }] });
spec('a negative grace period', { terminationGracePeriodSeconds: -1 });
spec('times', { terminationGracePeriodSeconds: 0, activeDeadlineSeconds: 100 });
meta('a mirror pod', { annotations: { 'kubernetes.io/config.mirror': 'x' } });
add('a pod with a status', { ...plain(), status: { phase: 'Running', podIP: '1.2.3.4' } });
add('a pod without spec', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } });
spec('empty lists and maps', { volumes: [], nodeSelector: {}, tolerations: [], hostAliases: [], imagePullSecrets: [], initContainers: [], affinity: {}, securityContext: {}, schedulingGates: [] });
container('empty things in a container', { env: [], ports: [], command: [], args: [], resources: { limits: {}, requests: {} }, volumeMounts: [], securityContext: {}, lifecycle: {}, stdin: false, tty: false });
spec('everything wrong at once', { containers: [{ name: 'A', image: '', ports: [{ containerPort: 0 }], env: [{ name: '' }], volumeMounts: [{ name: 'x', mountPath: '' }], imagePullPolicy: 'x', livenessProbe: {}, securityContext: { runAsUser: -1 } }], restartPolicy: 'x', dnsPolicy: 'y', volumes: [{ name: '', secret: {} }], tolerations: [{}], hostNetwork: true });

export { cases as createCases };
