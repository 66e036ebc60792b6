import { ensurePki } from '../authn/pki/pki.js';
import { SystemClock } from '../base/clock.js';
import { HealthChecks } from './health.js';
import { serverChecks } from './server-checks.js';

const clock = new SystemClock();
const certificate = ensurePki({ directory: undefined, clock }).serving.cert;

function checks(options: Partial<Parameters<typeof serverChecks>[0]>): HealthChecks {
  const health = new HealthChecks();
  health.add(...serverChecks({ readStore: () => {}, isStarted: () => true, certificate, now: () => clock.now(), ...options }));
  return health;
}

const verbose = new URLSearchParams('verbose');

test('a start-up that goes on is no hook that has run, and clients are not told why', async () => {
  let started = false;
  const health = checks({ isStarted: () => started });
  const { code, text, failures } = await health.report('readyz', '', verbose);
  expect(code).toBe(500);
  expect(text).toContain('[+]etcd-readiness ok\n[-]informer-sync failed: reason withheld\n[-]poststarthook/start-apiserver-admission-initializer failed: reason withheld\n');
  expect(text).toMatch(/\nreadyz check failed\n$/);
  expect(failures).toContain('autoregister-completion: not finished');
  expect(await health.report('livez', 'poststarthook/rbac/bootstrap-roles', verbose)).toMatchObject({ code: 500, text: 'internal server error: not finished\n' });
  started = true;
  expect(await health.report('readyz', '', new URLSearchParams())).toMatchObject({ code: 200, text: 'ok' });
  const indicators = health.indicators();
  expect(indicators).toContain('kubernetes_healthcheck{name="informer-sync",type="readyz"} 1\n');
  expect(indicators).toContain('kubernetes_healthchecks_total{name="informer-sync",status="error",type="readyz"} 1\nkubernetes_healthchecks_total{name="informer-sync",status="success",type="readyz"} 1\n');
});

test('a store that does not answer fails every endpoint', async () => {
  const health = checks({ readStore: () => { throw new Error('the disk is gone'); } });
  for (const endpoint of ['healthz', 'livez', 'readyz'] as const) expect(await health.report(endpoint, '', verbose)).toMatchObject({ code: 500, failures: expect.arrayContaining(['etcd: the disk is gone']) });
  expect(health.indicators()).toContain('kubernetes_healthcheck{name="etcd",type="livez"} 0\n');
});

test('a certificate that has run out fails liveness, not readiness', async () => {
  const health = checks({ now: () => Date.UTC(9000, 0) });
  expect(await health.report('livez', '', verbose)).toMatchObject({ code: 500, failures: ['loopback-serving-certificate: loopback serving certificate is expired'] });
  expect(await health.report('readyz', '', verbose)).toMatchObject({ code: 200 });
});
