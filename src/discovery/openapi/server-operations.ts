import type { ServedGroup } from '../groups.js';
import { ENCODINGS, groupTag, groupTitle, type ApiOperation } from './operations.js';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

/** Paths that belong to no resource, by path: discovery of everything, of a group, of a version; /version; token issuer. */
export function serverOperations(groups: readonly ServedGroup[]): Map<string, ApiOperation[]> {
  const paths = new Map<string, ApiOperation[]>();
  paths.set('/api/', [discovery('core', 'getCoreAPIVersions', 'get available API versions', 'APIVersions')]);
  paths.set('/apis/', [discovery('apis', 'getAPIVersions', 'get available API versions', 'APIGroupList')]);
  for (const { name, versions } of groups) {
    const tag = groupTag(name);
    if (name) paths.set(`/apis/${name}/`, [discovery(tag, `get${groupTitle(name)}APIGroup`, 'get information of a group', 'APIGroup')]);
    for (const { version } of versions) {
      const id = `get${groupTitle(name)}${version.replace(/^v/, 'V')}APIResources`;
      paths.set(`${name ? `/apis/${name}` : '/api'}/${version}/`, [discovery(`${tag}_${version}`, id, 'get available resources', 'APIResourceList')]);
    }
  }
  const version = plain('version', 'getCodeVersion', 'get the version information for this server', 'io.k8s.apimachinery.pkg.version.Info');
  paths.set('/version/', [{ ...version, consumes: ['application/json'], produces: ['application/json'] }]);
  const issuer = plain('WellKnown', 'getServiceAccountIssuerOpenIDConfiguration', 'get the OpenID configuration of the issuer of service account tokens', 'string');
  paths.set('/.well-known/openid-configuration/', [{ ...issuer, produces: ['application/json'] }]);
  const keys = plain('openid', 'getServiceAccountIssuerOpenIDKeyset', 'get the public keys of the issuer of service account tokens', 'string');
  paths.set('/openid/v1/jwks/', [{ ...keys, produces: ['application/jwk-set+json'] }]);
  return paths;
}

function discovery(tag: string, operationId: string, description: string, kind: string): ApiOperation {
  return { ...plain(tag, operationId, description, META + kind), consumes: ENCODINGS, produces: ENCODINGS };
}

function plain(tag: string, operationId: string, description: string, definition: string): ApiOperation {
  return { method: 'get', tag, operationId, description, consumes: [], produces: [], parameters: [], answers: { codes: [200], definition } };
}
