import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { FakeClock } from '../base/fake-clock.js';
import { Authenticator } from './authenticator.js';
import { oidcDocuments } from './oidc-documents.js';
import { loadSigningKey, type SigningKey } from './signing-key.js';
import { createTokenIssuer, type ServiceAccountTokenIssuer, type TokenRequest } from './token-issuer.js';
import { TokenVerifier, type LookUpObject } from './token-verifier.js';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const newKey = (type: 'ec' | 'rsa'): SigningKey => {
  const { privateKey } = type === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return loadSigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
};
const key = newKey('ec');

class World {
  readonly clock = new FakeClock();
  readonly objects = new Map<string, NonNullable<ReturnType<LookUpObject>>>();
  readonly issuer: ServiceAccountTokenIssuer = createTokenIssuer({ key, clock: this.clock, issuer: ISSUER });
  readonly verifier = new TokenVerifier({ key, clock: this.clock, issuer: ISSUER, lookUp: (resource, namespace, name) => this.objects.get(`${resource}/${namespace}/${name}`) });

  constructor() {
    this.put('serviceaccounts/ns/robot', 'sa-uid');
    this.put('pods/ns/web', 'pod-uid');
    this.put('secrets/ns/token', 'secret-uid');
    this.put('nodes//node-0', 'node-uid');
  }

  put(path: string, uid: string, deletionTimestamp?: string): void {
    this.objects.set(path, { metadata: { uid, deletionTimestamp } });
  }

  async token(options: Partial<TokenRequest> = {}): Promise<string> {
    return (await this.issuer.issue({ namespace: 'ns', name: 'robot', uid: 'sa-uid', audiences: [], expirationSeconds: 3600, ...options })).token;
  }

  async userOf(token: string, audiences = [ISSUER]): Promise<string | undefined> {
    return (await this.verifier.verify(token, audiences))?.user.name;
  }
}

const ROBOT = 'system:serviceaccount:ns:robot';
const boundTo = (kind: string, name: string, uid: string): TokenRequest['bound'] => ({ kind, apiVersion: 'v1', name, uid });

/** Texts as the real server's TokenReviews had them. */
describe('a review of a token', () => {
  const review = (world: World, token: string, audiences?: readonly string[]): Promise<unknown> => {
    const staticTokens = new Map([['admintoken', { name: 'admin', uid: 'uid1', groups: ['system:masters'] }]]);
    return new Authenticator({ serviceAccountTokens: world.verifier, staticTokens, audiences: [ISSUER] }).reviewToken(token, audiences);
  };

  test('names the user, and the audiences that were asked for', async () => {
    const world = new World();
    const groups = ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'];
    expect(await review(world, await world.token())).toMatchObject({ audiences: [ISSUER], user: { name: ROBOT, uid: 'sa-uid', groups } });
    expect(await review(world, await world.token({ audiences: ['a', 'b'] }), ['b', 'c'])).toMatchObject({ audiences: ['b'], user: { name: ROBOT } });
    expect(await review(world, 'admintoken')).toEqual({ audiences: [ISSUER], user: { name: 'admin', uid: 'uid1', groups: ['system:masters', 'system:authenticated'] } });
  });

  test.each<[string, string, (world: World) => Promise<string> | string, string[]?]>([
    ['garbage', 'invalid bearer token', () => 'a.b'],
    ['another audience', `[invalid bearer token, token audiences ["elsewhere"] is invalid for the target audiences ["${ISSUER}"]]`, (world) => world.token({ audiences: ['elsewhere'] })],
    ['an audience that is not asked for', `[invalid bearer token, token audiences ["${ISSUER}"] is invalid for the target audiences ["y" "z"]]`, (world) => world.token(), ['y', 'z']],
    ['a static token for somebody else', 'invalid bearer token', () => 'admintoken', ['x']],
    ['a changed signature', '[invalid bearer token, go-jose/go-jose: error in cryptographic primitive]', async (world) => `${(await world.token()).slice(0, -8)}AAAAAAAA`],
    ['an account that is gone', '[invalid bearer token, serviceaccounts "robot" not found]', async (world) => (world.objects.delete('serviceaccounts/ns/robot'), world.token())],
    ['another account of that name', '[invalid bearer token, service account UID (new) does not match claim (sa-uid)]', async (world) => (world.put('serviceaccounts/ns/robot', 'new'), world.token())],
    ['an account that is going', '[invalid bearer token, service account ns/robot has been deleted]', async (world) => (world.put('serviceaccounts/ns/robot', 'sa-uid', '2025-01-01T00:00:00Z'), world.token())],
    ['a pod that is gone', '[invalid bearer token, service account token has been invalidated]', (world) => world.token({ bound: boundTo('Pod', 'nope', 'x') })],
    ['another pod of that name', '[invalid bearer token, pod UID (pod-uid) does not match service account pod ref claim (old)]', (world) => world.token({ bound: boundTo('Pod', 'web', 'old') })],
    ['its end', '[invalid bearer token, service account token has expired]', async (world) => {
      const token = await world.token();
      await world.clock.advance(3_700_000);
      return token;
    }],
    ['the token of a Secret that is gone', '[invalid bearer token, Token has been invalidated]', (world) => world.issuer.issueForSecret({ namespace: 'ns', name: 'robot', uid: 'sa-uid', secretName: 'nope' })],
    ['the token of a Secret that holds another', "[invalid bearer token, Token does not match server's copy]", (world) => world.issuer.issueForSecret({ namespace: 'ns', name: 'robot', uid: 'sa-uid', secretName: 'token' })],
  ])('tells of %s', async (_name, error, make, ...[audiences]) => {
    const world = new World();
    expect(await review(world, await make(world), audiences)).toEqual({ error });
  });

  test('the token of a Secret is for the API server alone', async () => {
    const world = new World();
    const token = await world.issuer.issueForSecret({ namespace: 'ns', name: 'robot', uid: 'sa-uid', secretName: 'token' });
    world.objects.set('secrets/ns/token', { metadata: { uid: 'x' }, data: { token: Buffer.from(token).toString('base64') } });
    expect(await review(world, token)).toMatchObject({ audiences: [ISSUER], user: { name: ROBOT } });
    expect(await review(world, token, ['y'])).toEqual({ error: `[invalid bearer token, token audiences ["${ISSUER}"] is invalid for the target audiences ["y"]]` });
  });
});

describe('a service account token', () => {
  test('has the claims of the real server\'s', async () => {
    const world = new World();
    const { token, expirationTimestamp } = await world.issuer.issue({
      namespace: 'ns',
      name: 'robot',
      uid: 'sa-uid',
      audiences: ['vault'],
      expirationSeconds: 600,
      bound: boundTo('Pod', 'web', 'pod-uid'),
      node: { name: 'node-0', uid: 'node-uid' },
    });
    const now = Date.UTC(2026, 0, 1) / 1000;
    expect(expirationTimestamp).toBe('2026-01-01T00:10:00Z');
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', kid: key.id });
    expect(decodeJwt(token)).toEqual({
      aud: ['vault'],
      exp: now + 600,
      iat: now,
      iss: ISSUER,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'kubernetes.io': { namespace: 'ns', node: { name: 'node-0', uid: 'node-uid' }, pod: { name: 'web', uid: 'pod-uid' }, serviceaccount: { name: 'robot', uid: 'sa-uid' } },
      nbf: now,
      sub: ROBOT,
    });
  });

  test('stands for the account, with the pod and node it is bound to', async () => {
    const world = new World();
    const token = await world.token({ bound: boundTo('Pod', 'web', 'pod-uid'), node: { name: 'node-0', uid: 'node-uid' } });
    expect(await world.verifier.verify(token, [ISSUER, 'other'])).toEqual({
      audiences: [ISSUER],
      user: {
        name: ROBOT,
        uid: 'sa-uid',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:ns'],
        extra: {
          'authentication.kubernetes.io/credential-id': [`JTI=${decodeJwt(token).jti}`],
          'authentication.kubernetes.io/pod-name': ['web'],
          'authentication.kubernetes.io/pod-uid': ['pod-uid'],
          'authentication.kubernetes.io/node-name': ['node-0'],
          'authentication.kubernetes.io/node-uid': ['node-uid'],
        },
      },
    });
  });

  test('is good until a minute after its end, also when it has been seen before', async () => {
    const world = new World();
    const token = await world.token();
    expect(await world.userOf(token)).toBe(ROBOT);
    await world.clock.advance(3_659_000);
    expect(await world.userOf(token)).toBe(ROBOT);
    await world.clock.advance(2_000);
    expect(await world.userOf(token)).toBeUndefined();
  });

  test('for another audience is not good for this one', async () => {
    const world = new World();
    const token = await world.token({ audiences: ['vault'] });
    expect(await world.userOf(token)).toBeUndefined();
    expect(await world.userOf(token, ['vault'])).toBe(ROBOT);
  });

  test.each([
    ['account', 'serviceaccounts/ns/robot', undefined],
    ['pod', 'pods/ns/web', boundTo('Pod', 'web', 'pod-uid')],
    ['secret', 'secrets/ns/token', boundTo('Secret', 'token', 'secret-uid')],
    ['node', 'nodes//node-0', boundTo('Node', 'node-0', 'node-uid')],
  ])('dies with its %s', async (_name, path, bound) => {
    const world = new World();
    const token = await world.token({ bound });
    expect(await world.userOf(token)).toBe(ROBOT);
    world.put(path, 'another-uid');
    expect(await world.userOf(token)).toBeUndefined();
    const uid = bound?.uid ?? 'sa-uid';
    world.put(path, uid, '2026-01-01T00:00:00Z');
    expect(await world.userOf(token)).toBe(ROBOT);
    await world.clock.advance(61_000);
    expect(await world.userOf(token)).toBeUndefined();
    world.objects.delete(path);
    expect(await world.userOf(token)).toBeUndefined();
  });

  test('of another key or issuer, without a signature or changed is not good', async () => {
    const world = new World();
    const claims = { ...decodeJwt(await world.token()) };
    const sign = (signer: SigningKey, payload: object): Promise<string> => new SignJWT(payload as Record<string, unknown>).setProtectedHeader({ alg: signer.algorithm, kid: key.id }).sign(signer.privateKey);
    expect(await world.userOf(await sign(key, claims))).toBe(ROBOT);
    const [head, , signature] = (await world.token()).split('.');
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'system:serviceaccount:kube-system:admin' })).toString('base64url');
    for (const token of [
      await sign(newKey('ec'), claims),
      await sign(newKey('rsa'), claims),
      await sign(key, { ...claims, iss: 'https://elsewhere' }),
      await sign(key, { ...claims, sub: 'admin' }),
      await sign(key, { ...claims, sub: 'system:serviceaccount:ns:other' }),
      await sign(key, { sub: ROBOT, iss: ISSUER, aud: ISSUER }),
      `${head}.${forged}.${signature}`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${forged}.`,
      'nonsense',
      '',
    ]) {
      expect(await world.userOf(token)).toBeUndefined();
    }
  });

  test('of a Secret is good while the Secret holds it', async () => {
    const world = new World();
    const token = await world.issuer.issueForSecret({ namespace: 'ns', name: 'robot', uid: 'sa-uid', secretName: 'token' });
    expect(await world.userOf(token)).toBeUndefined();
    world.objects.set('secrets/ns/token', { metadata: { uid: 'x' }, data: { token: Buffer.from(token).toString('base64') } });
    expect(await world.userOf(token)).toBe(ROBOT);
    world.put('serviceaccounts/ns/robot', 'another-uid');
    expect(await world.userOf(token)).toBeUndefined();
  });

  test('can be signed with an RSA key', async () => {
    const rsa = newKey('rsa');
    const clock = new FakeClock();
    const { token } = await createTokenIssuer({ key: rsa, clock, issuer: ISSUER }).issue({ namespace: 'ns', name: 'robot', uid: 'u', audiences: [], expirationSeconds: 60 });
    const verifier = new TokenVerifier({ key: rsa, clock, issuer: ISSUER, lookUp: () => ({ metadata: { uid: 'u' } }) });
    expect((await verifier.verify(token, [ISSUER]))?.user.name).toBe(ROBOT);
  });
});

test('the documents let others verify tokens', () => {
  const { configuration, keySet } = oidcDocuments({ key, issuer: ISSUER, serverUrl: 'https://127.0.0.1:6443' });
  expect(configuration).toBe(
    `{"issuer":"${ISSUER}","jwks_uri":"https://127.0.0.1:6443/openid/v1/jwks","response_types_supported":["id_token"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["ES256"]}`,
  );
  expect(JSON.parse(keySet)).toEqual({ keys: [{ use: 'sig', kty: 'EC', kid: key.id, alg: 'ES256', crv: 'P-256', x: expect.any(String), y: expect.any(String) }] });
});
