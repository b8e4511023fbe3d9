import { page, table } from '../../docs/src/markdown.ts'
import { METHODS, type Method } from './authentication-methods.ts'

/** A grant, and the test that is made with every way to authenticate but those that it is not open to. */
interface ProvenGrant {
  readonly grant: string
  readonly title: string
  readonly without?: readonly Method[]
}

/** Something that a standard server offers, and the test that it is made use of. */
interface ProvenFeature {
  readonly feature: string
  readonly file: string
  readonly suite: string
  readonly title: string
}

export const PROVEN_GRANTS: readonly ProvenGrant[] = [
  { grant: 'client_credentials', title: 'obtains a token that the API takes', without: ['none'] },
  { grant: 'authorization_code', title: 'signs somebody in with PKCE, and the API takes the token' },
  { grant: 'refresh_token', title: 'renews by rotation, again and again, and no reuse is detected' },
  { grant: 'device_code', title: 'signs somebody in on a device, and the API takes the token' },
  { grant: 'token_exchange', title: 'exchanges the token of another source for one of fewer scopes' },
]

const SERVER = 'standard-server.test.ts'
const BOUND = 'bound-tokens.test.ts'

export const PROVEN_FEATURES: readonly ProvenFeature[] = [
  {
    feature: 'Discovery (RFC 8414)',
    file: SERVER,
    suite: 'the server',
    title: 'is described by its issuer URL alone',
  },
  {
    feature: 'PKCE enforced (RFC 7636)',
    file: SERVER,
    suite: 'a sign-in by code',
    title: 'is refused by the server without PKCE',
  },
  {
    feature: 'Rotation with reuse detection (RFC 9700 §4.14)',
    file: 'rotation.test.ts',
    suite: 'a family of refresh tokens that rotates',
    title: 'is used by 16 sources at once, and the server detects no reuse',
  },
  {
    feature: 'Signed assertions, each used once (RFC 7523)',
    file: SERVER,
    suite: 'an assertion',
    title: 'is made anew for every attempt, for the server takes none twice',
  },
  {
    feature: 'Mutual TLS, endpoint aliases (RFC 8705)',
    file: SERVER,
    suite: 'the server',
    title: 'has endpoints of their own for clients with a certificate',
  },
  {
    feature: 'DPoP with nonces of server and API (RFC 9449)',
    file: BOUND,
    suite: 'a token that is bound to a key',
    title:
      'is obtained with %s, with the nonce that the server asks for, and taken by the API, which has its own',
  },
  {
    feature: 'DPoP-bound refresh tokens of public clients',
    file: BOUND,
    suite: 'a token that is bound to a key',
    title: 'comes from a sign-in by code, and is renewed with the same key',
  },
  {
    feature: 'Revocation (RFC 7009)',
    file: SERVER,
    suite: 'a token',
    title: 'that is revoked is worth nothing any more',
  },
  {
    feature: 'Introspection (RFC 7662)',
    file: SERVER,
    suite: 'a token',
    title: 'is asked about and revoked by a client that authenticates with %s',
  },
  {
    feature: 'Resource indicators (RFC 8707), JWT access tokens (RFC 9068)',
    file: SERVER,
    suite: 'a token',
    title: 'for a resource is a JWT that can be verified, where the resource wants one',
  },
  {
    feature: 'Fewer scopes on refresh (RFC 6749 §6)',
    file: SERVER,
    suite: 'a token',
    title: 'is renewed for fewer scopes, when that is what is wanted',
  },
]

/** Which test proves what, as a page. */
export function proofPage(): string {
  return page(
    '# What is proven against a standard server',
    'Every test runs against [oidc-provider](https://github.com/panva/node-oidc-provider), a certified authorization server that nobody here wrote, over TLS on loopback. It demands PKCE, rotates refresh tokens and ends a grant when one is used twice, takes no assertion and no proof of possession twice, and asks for its nonces. The tokens are used at an API that verifies them. The tests are in `tooling/authorization-servers/test`.',
    '## Grants and client authentication',
    'All in `grants.test.ts`, each test once for every ✓.',
    table(
      ['grant', ...METHODS.map(method => `\`${method}\``), 'test'],
      PROVEN_GRANTS.map(({ grant, title, without = [] }) => [
        `\`${grant}\``,
        ...METHODS.map(method => (without.includes(method) ? '' : '✓')),
        title,
      ]),
    ),
    'Client credentials are for clients that have some (RFC 6749 §4.4). To exchange tokens is a grant that the server leaves to whoever runs it; it is registered for the tests.',
    '## Everything else',
    table(
      ['what', 'file', 'test'],
      PROVEN_FEATURES.map(({ feature, file, suite, title }) => [
        feature,
        `\`${file}\``,
        `${suite} ${title.replaceAll('%s', '…')}`,
      ]),
    ),
  )
}
