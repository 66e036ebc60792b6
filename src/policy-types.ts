import type { ExpressionWarning, ValidatingAdmissionPolicy } from './api/types/admissionregistration-v1.js';
import type { KindCatalogue } from './registry/catalogue.js';
import { schemaOf } from './registry/schema-of.js';

/** Type checking of policies against the kinds that are served; its code is loaded for the first policy. */
export function policyTypes(catalogue: KindCatalogue): (policy: ValidatingAdmissionPolicy) => Promise<readonly ExpressionWarning[]> {
  return async (policy) => {
    const { typeWarnings } = await import('./admission/policies/type-checking.js');
    return typeWarnings(policy, {
      kindOf: (group, version, resource) => catalogue.resource(group, version, resource)?.gvk,
      schemaOf(gvk) {
        const kind = catalogue.kind(gvk);
        return kind && schemaOf(kind);
      },
    });
  };
}
