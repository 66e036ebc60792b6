import type { ResourceAmounts } from '../api/pod-resources.js';
import { Quantity } from '../api/quantity.js';
import type { PersistentVolumeClaim } from '../api/types/core-v1.js';
import { countName } from './object-count.js';
import { nameMatches } from './scope.js';
import type { QuotaEvaluator } from './types.js';

const CLAIMS = { group: '', resource: 'persistentvolumeclaims' };
const COUNT = countName(CLAIMS);
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';
const CLASS_INFIX = '.storageclass.storage.k8s.io/';
const NAMES = ['persistentvolumeclaims', 'requests.storage'];

/** Claims cost the storage they request, in all and by storage class. */
export const persistentVolumeClaimEvaluator: QuotaEvaluator<PersistentVolumeClaim> = {
  resource: CLAIMS,
  covers: (name) => name === COUNT || NAMES.some((own) => name === own || name.endsWith(`${CLASS_INFIX}${own}`)),
  concerns: ({ operation, subresource }) => subresource === '' || (subresource === 'status' && operation === 'UPDATE'),
  usage(claim) {
    const usage: ResourceAmounts = { [COUNT]: '1', persistentvolumeclaims: '1' };
    const storage = storageOf(claim);
    if (storage) usage['requests.storage'] = storage.toString();
    const className = claim.metadata.annotations?.[BETA_CLASS] ?? claim.spec?.storageClassName;
    if (className) for (const name of NAMES) if (usage[name] !== undefined) usage[`${className}${CLASS_INFIX}${name}`] = usage[name];
    return usage;
  },
  inScope({ spec, status }, requirement) {
    if (requirement.scopeName !== 'VolumeAttributesClass') return false;
    const names = [spec?.volumeAttributesClassName, status?.currentVolumeAttributesClassName, status?.modifyVolumeStatus?.targetVolumeAttributesClassName].filter(Boolean);
    return names.length === 0 ? nameMatches(requirement, undefined) : names.some((name) => nameMatches(requirement, name));
  },
};

/** Whole bytes of what is requested, or of what a resize has been allocated if that is more. */
function storageOf({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const requested = Quantity.tryParse(spec?.resources?.requests?.['storage']);
  if (!requested) return undefined;
  const allocated = Quantity.tryParse(status?.allocatedResources?.['storage']);
  const wanted = wholeBytes(requested);
  return allocated && allocated.compare(wanted) > 0 ? wholeBytes(allocated) : wanted;
}

function wholeBytes(amount: Quantity): Quantity {
  const rounded = Quantity.of(amount.value(), amount.format);
  return rounded.equals(amount) ? amount : rounded;
}
