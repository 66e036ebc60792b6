import { parseRequestInfo, UnclearPathError } from './request-info.js';

/** Path, method → [verb, group, version, namespace, resource, subresource, name, rest], or a non-resource verb. */
const parse = (method: string, url: string): unknown => {
  const [path = '', query = ''] = url.split('?');
  const info = parseRequestInfo(method, path, () => new URLSearchParams(query));
  if (!info.isResource) return info.verb;
  return [info.verb, info.group, info.version, info.namespace, info.resource, info.subresource, info.name, info.rest];
};

describe('request info', () => {
  test.each([
    ['GET', '/api/v1/namespaces', ['list', '', 'v1', '', 'namespaces', '', '', '']],
    ['GET', '/api/v1/namespaces/other', ['get', '', 'v1', 'other', 'namespaces', '', 'other', '']],
    ['PUT', '/api/v1/namespaces/other/finalize', ['update', '', 'v1', 'other', 'namespaces', 'finalize', 'other', '']],
    ['PATCH', '/api/v1/namespaces/other/status', ['patch', '', 'v1', 'other', 'namespaces', 'status', 'other', '']],
    ['GET', '/api/v1/namespaces/other/pods', ['list', '', 'v1', 'other', 'pods', '', '', '']],
    ['GET', '/api/v1/namespaces/other/pods/', ['list', '', 'v1', 'other', 'pods', '', '', '']],
    ['GET', '/api/v1/namespaces/other/pods/foo', ['get', '', 'v1', 'other', 'pods', '', 'foo', '']],
    ['POST', '/api/v1/namespaces/other/pods', ['create', '', 'v1', 'other', 'pods', '', '', '']],
    ['DELETE', '/api/v1/namespaces/other/pods', ['deletecollection', '', 'v1', 'other', 'pods', '', '', '']],
    ['DELETE', '/api/v1/namespaces/other/pods/foo', ['delete', '', 'v1', 'other', 'pods', '', 'foo', '']],
    ['GET', '/api/v1/pods', ['list', '', 'v1', '', 'pods', '', '', '']],
    ['GET', '/api/v1/nodes/n/proxy/logs/x/', ['get', '', 'v1', '', 'nodes', 'proxy', 'n', '/logs/x/']],
    ['GET', '/api/v1/namespaces/a/pods/p:80/proxy/', ['get', '', 'v1', 'a', 'pods', 'proxy', 'p:80', '/']],
    ['GET', '/api/v1/namespaces/a/pods/p/proxy', ['get', '', 'v1', 'a', 'pods', 'proxy', 'p', '']],
    ['HEAD', '/apis/apps/v1/namespaces/a/deployments/d/scale', ['get', 'apps', 'v1', 'a', 'deployments', 'scale', 'd', '']],
    ['GET', '/apis/apps/v1/deployments?watch=true', ['watch', 'apps', 'v1', '', 'deployments', '', '', '']],
    ['GET', '/apis/apps/v1/deployments?watch', ['watch', 'apps', 'v1', '', 'deployments', '', '', '']],
    ['GET', '/apis/apps/v1/deployments?watch=False', ['list', 'apps', 'v1', '', 'deployments', '', '', '']],
    ['GET', '/api/v1/watch/pods', ['watch', '', 'v1', '', 'pods', '', '', '']],
    ['GET', '/api/v1/watch/namespaces/a/pods/p', ['watch', '', 'v1', 'a', 'pods', '', 'p', '']],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Dp', ['list', '', 'v1', '', 'pods', '', 'p', '']],
    ['GET', '/api/v1/pods?watch=1&fieldSelector=metadata.name%3Dp,spec.nodeName%3Dn', ['watch', '', 'v1', '', 'pods', '', 'p', '']],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name%21%3Dp', ['list', '', 'v1', '', 'pods', '', '', '']],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name%3D..', ['list', '', 'v1', '', 'pods', '', '', '']],
    ['GET', '/api/v1/pods?limit=x&fieldSelector=metadata.name%3Dp', ['list', '', 'v1', '', 'pods', '', '', '']],
    ['GET', '/api/v1/pods?fieldSelector=nonsense', ['list', '', 'v1', '', 'pods', '', '', '']],
    ['GET', '/', 'get'],
    ['GET', '/api', 'get'],
    ['GET', '/api/v1', 'get'],
    ['GET', '/apis/apps/v1', 'get'],
    ['POST', '/healthz', 'post'],
    ['GET', '/apis//v1/pods', 'get'],
    ['GET', '/api/v1/proxy/namespaces/a/pods/p', 'get'],
    ['OPTIONS', '/api/v1/pods', 'options'],
    ['GET', '/constructor/v1/pods', 'get'],
  ])('%s %s', (method, url, expected) => {
    expect(parse(method, url)).toEqual(expected);
  });

  test.each(['/api/v1/watch', '/api/v1/proxy/'])('%s alone is an error', (path) => {
    expect(() => parse('GET', path)).toThrow(UnclearPathError);
  });
});
