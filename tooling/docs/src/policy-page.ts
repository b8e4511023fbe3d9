import { readFileSync } from 'node:fs'
import { IDEMPOTENT_DEFAULTS, type PolicyNumbers, SINGLE_USE_DEFAULTS } from '@evergrant/core'
import ts from 'typescript'
import { page, table } from './markdown.ts'

const SOURCE = new URL('../../../packages/core/src/policy/grant-policy.ts', import.meta.url)

/** Every number that governs a grant, with its defaults and what the source says of it. */
export function policyPage(): string {
  return page(
    '# Policy',
    'The numbers that govern a grant: `tokenSource({ …, policy: { renewBeforeMs: 3_600_000 } })`. All spans are in milliseconds. The second column of defaults is for grants whose refresh token works once, where a second request would cost the grant. A provider may have numbers of its own (Baidu: `renewBeforeMs` of a day); the caller’s go before them.',
    table(
      ['name', 'default', 'single-use refresh token', 'meaning'],
      members().map(({ name, text }) => [
        `\`${name}\``,
        number(IDEMPOTENT_DEFAULTS[name]),
        number(SINGLE_USE_DEFAULTS[name]),
        text,
      ]),
    ),
    '`requestTimeoutMs + commitBudgetMs` must not be more than `leaseMs`; this and the ranges are checked when a source is made, and what is wrong is named.',
  )
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}

function members(): { name: keyof PolicyNumbers; text: string }[] {
  const file = ts.createSourceFile('policy.ts', readFileSync(SOURCE, 'utf8'), ts.ScriptTarget.ES2023, true)
  const found = file.statements.find(
    node => ts.isInterfaceDeclaration(node) && node.name.text === 'PolicyNumbers',
  )
  if (found === undefined || !ts.isInterfaceDeclaration(found)) throw new Error('PolicyNumbers has moved')
  return found.members.map(member => ({
    name: member.name?.getText() as keyof PolicyNumbers,
    text: ts
      .getJSDocCommentsAndTags(member)
      .map(({ comment }) => (typeof comment === 'string' ? comment.replaceAll(/\s+/g, ' ') : ''))
      .join(' '),
  }))
}
