import { forbidden, invalid, notSupported, type Path, required, type FieldError } from '../../api/field.js';
import { isDns1035Label } from '../../api/names.js';
import type { CustomResourceConversion } from '../../api/types/apiextensions-v1.js';
import { webhookServiceErrors, webhookUrlErrors } from '../common/webhook-client.js';

const STRATEGIES = ['None', 'Webhook'];
/** Versions of ConversionReview that the server speaks. */
const REVIEW_VERSIONS = ['v1', 'v1beta1'];

/** How objects get from one version to another. Paths are those of the internal struct, as the real server shows them. */
export function conversionErrors(conversion: CustomResourceConversion | undefined, path: Path): FieldError[] {
  if (!conversion) return [];
  const { strategy, webhook } = conversion;
  const [clientPath, versionsPath] = [path.child('webhookClientConfig'), path.child('conversionReviewVersions')];
  const versions = webhook?.conversionReviewVersions ?? [];
  const errors: FieldError[] = !strategy ? [required(path.child('strategy'))] : STRATEGIES.includes(strategy) ? [] : [notSupported(path.child('strategy'), strategy, STRATEGIES)];
  if (strategy !== 'Webhook') {
    const text = 'should not be set when strategy is not set to Webhook';
    if (webhook?.clientConfig) errors.push(forbidden(clientPath, text));
    return versions.length > 0 ? [...errors, forbidden(versionsPath, text)] : errors;
  }
  const client = webhook?.clientConfig;
  if (!client) errors.push(required(clientPath, 'required when strategy is set to Webhook'));
  else if ((client.url === undefined) === (client.service === undefined)) errors.push(required(clientPath, 'exactly one of url or service is required'));
  else if (client.url !== undefined) errors.push(...webhookUrlErrors(client.url, clientPath.child('url')));
  else if (client.service) errors.push(...webhookServiceErrors(client.service, clientPath.child('service')));
  return [...errors, ...reviewVersionErrors(versions, versionsPath)];
}

function reviewVersionErrors(versions: readonly string[], path: Path): FieldError[] {
  if (versions.length === 0) return [required(path)];
  const errors = versions.flatMap((version, i) => {
    if (versions.indexOf(version) < i) return [invalid(path.index(i), version, 'duplicate version')];
    return isDns1035Label(version).map((text) => invalid(path.index(i), version, text));
  });
  return versions.some((version) => REVIEW_VERSIONS.includes(version)) ? errors : [...errors, invalid(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)];
}
