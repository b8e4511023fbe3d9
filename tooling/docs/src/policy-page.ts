import { IDEMPOTENT_DEFAULTS, type PolicyNumbers, SINGLE_USE_DEFAULTS } from '@evergrant/core'
import { page, table } from './markdown.ts'
import { docstringsOf } from './members.ts'

const SOURCE = new URL('../../../packages/core/src/policy/grant-policy.ts', import.meta.url)

/** Every number that governs a grant, with its defaults and what the source says of it. */
export function policyPage(): string {
  return page(
    '# Policy',
    'The numbers that govern a grant: `tokenSource({ …, policy: { renewBeforeMs: 3_600_000 } })`. All spans are in milliseconds. The second column of defaults is for grants whose refresh token works once, where a second request would cost the grant. A provider may have numbers of its own (Baidu: `renewBeforeMs` of a day); the caller’s go before them.',
    table(
      ['name', 'default', 'single-use refresh token', 'meaning'],
      docstringsOf(SOURCE, 'PolicyNumbers').map(({ name, text }) => [
        `\`${name}\``,
        number(IDEMPOTENT_DEFAULTS[name as keyof PolicyNumbers]),
        number(SINGLE_USE_DEFAULTS[name as keyof PolicyNumbers]),
        text,
      ]),
    ),
    '`requestTimeoutMs + commitBudgetMs` must not be more than `leaseMs`; this and the ranges are checked when a source is made, and what is wrong is named.',
  )
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
