import type { Provider } from '@evergrant/core'
import { baidu, baiduUser } from '@evergrant/provider-baidu'
import { BAIDU_SCOPES, baiduBearer } from '@evergrant/provider-baidu/calls'
import { dingtalk, feishu, wechat, wecom } from '@evergrant/provider-platforms'
import { oauthProvider } from '@evergrant/runtime'
import { page, table } from './markdown.ts'

/** A test, by the file that it stands in and its title there. */
interface Proof {
  readonly file: string
  readonly title: string
}

/** A provider, and the tests that prove it. */
interface ProvenProvider {
  readonly name: string
  readonly preset: string
  readonly provider: Provider
  /** What another token request gives, in words. */
  readonly another: string
  readonly proofs: readonly Proof[]
}

const PLATFORM = 'packages/provider-platforms/test/reissue.test.ts'
const BAIDU = 'packages/provider-baidu/test'
const STANDARD = 'tooling/authorization-servers/test'
const KEPT_WARM: Proof = { file: PLATFORM, title: 'holds no token that %s refuses, and asks for each once' }
const ANOTHER_BESIDE = 'another token; all of them live'

export const PROVEN_PROVIDERS: readonly ProvenProvider[] = [
  {
    name: 'Baidu AI',
    preset: 'baidu()',
    provider: baidu(),
    another: ANOTHER_BESIDE,
    proofs: [
      { file: `${BAIDU}/end-to-end.test.ts`, title: 'a token is obtained and renewed with %s' },
      {
        file: `${BAIDU}/calls.test.ts`,
        title: 'survives a revoked token, a limit and an outage of the token endpoint',
      },
    ],
  },
  {
    name: 'Baidu, bearer keys',
    preset: 'baiduBearer()',
    provider: baiduBearer({ accessKeyId: 'id', secretAccessKey: 'secret' }).provider,
    another: ANOTHER_BESIDE,
    proofs: [
      {
        file: `${BAIDU}/schemes.test.ts`,
        title: 'is obtained once for any number of callers, and lives as long as was asked for',
      },
    ],
  },
  {
    name: 'Baidu, users',
    preset: 'baiduUser()',
    provider: baiduUser(),
    another: 'another grant; a refresh token works once',
    proofs: [
      {
        file: `${BAIDU}/user-flows.test.ts`,
        title: 'gives tokens for what they have consented to, which know whose they are',
      },
      {
        file: `${BAIDU}/user-flows.test.ts`,
        title: 'enters its code elsewhere, and it asks no more often than it may',
      },
      { file: `${BAIDU}/user-flows.test.ts`, title: 'is renewed by refresh tokens that work once each' },
      {
        file: `${BAIDU}/user-flows.test.ts`,
        title: 'is revoked by its access token, with all its tokens, and without a secret',
      },
    ],
  },
  {
    name: 'WeChat, stable',
    preset: 'wechat()',
    provider: wechat(),
    another: 'the same token until its last 5 minutes, then another; both live',
    proofs: [KEPT_WARM],
  },
  {
    name: 'WeChat, classic',
    preset: "wechat({ tokens: 'classic' })",
    provider: wechat({ tokens: 'classic' }),
    another: 'another token; the one before it ends 5 minutes later',
    proofs: [
      KEPT_WARM,
      {
        file: PLATFORM,
        title: 'nothing is asked for while the store cannot be reached, though tokens run out',
      },
      { file: PLATFORM, title: 'a stranger who asks costs the fleet one renewal' },
    ],
  },
  {
    name: 'WeChat, forced',
    preset: 'wechat({ forceRefresh: true })',
    provider: wechat({ forceRefresh: true }),
    another: 'another token; the one before it ends at once',
    proofs: [{ file: PLATFORM, title: 'a token that has leaked is ended by force' }],
  },
  {
    name: 'WeCom',
    preset: 'wecom()',
    provider: wecom(),
    another: 'the same token while it lives',
    proofs: [
      KEPT_WARM,
      {
        file: PLATFORM,
        title: 'with its full life, though it has less left, is replaced when the platform refuses it',
      },
    ],
  },
  {
    name: 'Feishu, Lark',
    preset: 'feishu()',
    provider: feishu(),
    another: 'the same token until its last 30 minutes, then another; both live',
    proofs: [KEPT_WARM],
  },
  {
    name: 'DingTalk',
    preset: 'dingtalk()',
    provider: dingtalk(),
    another: 'the same token with a new life',
    proofs: [KEPT_WARM],
  },
  {
    name: 'any by RFC 6749',
    preset: 'oauthProvider(), discoverProvider()',
    provider: oauthProvider({ tokenEndpoint: 'https://as.example/token' }),
    another: ANOTHER_BESIDE,
    proofs: [
      { file: `${STANDARD}/grants.test.ts`, title: 'obtains a token that the API takes' },
      { file: `${STANDARD}/standard-server.test.ts`, title: 'is described by its issuer URL alone' },
    ],
  },
]

const RENEW_BEFORE_MS = 300_000

/** Every provider: how it is asked, what another request does, when tokens are renewed, and which tests prove it. */
export function providerPage(): string {
  return page(
    '# Providers',
    'Read from the presets. Renewal begins so long before a token ends, and never earlier than a fifth of its life. Where another request replaces the tokens before it, leases are long, and nothing is asked for without the store.',
    table(
      ['provider', 'preset', 'token request', 'another request gives', 'replaces', 'renewal begins'],
      PROVEN_PROVIDERS.map(({ name, preset, provider, another }) => [
        name,
        `\`${preset}\``,
        requestOf(provider),
        another,
        provider.reissue === 'replaces' ? 'yes' : 'no',
        span(provider.policy.renewBeforeMs ?? RENEW_BEFORE_MS),
      ]),
    ),
    '## Which test proves which',
    'A `%s` stands for each of several cases.',
    table(
      ['provider', 'file', 'test'],
      PROVEN_PROVIDERS.flatMap(({ name, proofs }) =>
        proofs.map(({ file, title }) => [name, `[\`${file}\`](../${file})`, title]),
      ),
    ),
    '## Scopes of Baidu',
    '`baiduApi({ requireScopes: true })` refuses a call, before it is made, whose token certainly lacks the scope that it needs. The other platforms have no scopes. A token that names none is let through.',
    table(
      ['scope', 'good for', 'how to get it', '用途', '开通方法'],
      Object.entries(BAIDU_SCOPES).map(([scope, { meaning, enable }]) => [
        `\`${scope}\``,
        meaning.en,
        enable.en,
        meaning.zh,
        enable.zh,
      ]),
    ),
  )
}

function requestOf({ tokenDialect, tokenEndpoint, name }: Provider): string {
  const { host, pathname } = new URL(tokenEndpoint)
  const how =
    name === 'baidu-bearer'
      ? 'signed GET'
      : tokenDialect === undefined
        ? 'POST of a form'
        : tokenDialect.format === 'json'
          ? 'POST of JSON'
          : 'GET'
  return `${how}, ${host}${pathname}`
}

function span(ms: number): string {
  return ms >= 3_600_000 ? `${ms / 3_600_000} h` : `${ms / 60_000} min`
}
