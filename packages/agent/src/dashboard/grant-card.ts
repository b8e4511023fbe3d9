import type { Explanation, TokenEvent } from '@evergrant/core'
import type { GrantView } from '../watched-grant.ts'
import { element, enclosing, escaped } from './html.ts'
import type { Words } from './words.ts'

const EVENTS_SHOWN = 12
const SCOPES_SHOWN = 16

/** All that is shown at an instant. */
export function board(grants: readonly GrantView[], upMs: number, now: number, words: Words): string {
  const cards = grants.map(grant => grantCard(grant, now, words))
  return element('p', 'about', words.runningFor(upMs)) + enclosing('div', 'cards', ...cards)
}

/** How a grant is: what is left of its token, what is wrong, and what has happened last. */
function grantCard(grant: GrantView, now: number, words: Words): string {
  const { label, state, events } = grant
  const [tone, inAWord] = words.decisions[state?.decision ?? 'obtain']
  return enclosing(
    'article',
    tone,
    enclosing('div', 'head', element('h2', '', label), element('span', 'pill', inAWord)),
    lifeOf(state, now, words),
    troubleOf(state, now, words),
    scopesOf(state),
    element('p', 'facts', factsOf(grant, words).join(' · ')),
    eventsOf(events, words),
  )
}

function lifeOf(state: Explanation | undefined, now: number, words: Words): string {
  const token = state?.token
  if (token === undefined) return ''
  if (!Number.isFinite(token.expiresAt)) return element('p', 'left', words.noEnd)
  const leftMs = token.rejected ? 0 : Math.max(0, token.expiresAt - now)
  const dueInMs = token.dueAt - now
  const isDue = dueInMs <= 0 || token.rejected
  return [
    element('p', 'left', words.span(leftMs)),
    lifeBar(token, leftMs),
    element('p', '', isDue ? words.due : words.dueIn(dueInMs)),
  ].join('')
}

/** The life that is left, as a share of the whole, and a mark at the point from which on it is renewed. */
function lifeBar(
  {
    sentAt,
    expiresAt,
    dueAt,
  }: { readonly sentAt: number; readonly expiresAt: number; readonly dueAt: number },
  leftMs: number,
): string {
  const wholeMs = Math.max(1, expiresAt - sentAt)
  const percent = (ms: number) => `${Math.min(100, Math.max(0, (ms / wholeMs) * 100)).toFixed(2)}%`
  const [left, due] = [percent(leftMs), percent(expiresAt - dueAt)]
  return `<svg class="life" role="img" aria-label="${left}"><rect class="left" width="${left}" height="100%"/><rect class="due" x="${due}" width="2" height="100%"/></svg>`
}

function troubleOf(state: Explanation | undefined, now: number, words: Words): string {
  if (state?.failure === undefined) return ''
  const trouble = element('p', 'trouble', `${state.failure.code}: ${words.failure(state.failure)}`)
  const next = nextTryOf(state, now, words)
  return next === undefined ? trouble : trouble + element('p', '', next)
}

function nextTryOf(
  { at, failure, nextActionAt }: Explanation,
  now: number,
  words: Words,
): string | undefined {
  if (nextActionAt !== undefined && nextActionAt > now) return words.nextTryIn(nextActionAt - now)
  const leftMs = at + (failure?.retryAfterMs ?? 0) - now
  return leftMs > 0 && Number.isFinite(leftMs) ? words.noTryFor(leftMs) : undefined
}

function scopesOf(state: Explanation | undefined): string {
  const scopes = state?.token?.scope ?? []
  if (scopes.length === 0) return ''
  const more = scopes.length - SCOPES_SHOWN
  const shown = [...scopes.slice(0, SCOPES_SHOWN), ...(more > 0 ? [`+${more}`] : [])]
  return enclosing('ul', 'scopes', ...shown.map(scope => element('li', '', scope)))
}

function factsOf({ name, state, served, refused }: GrantView, words: Words): string[] {
  const { token, storeReachable = true } = state ?? {}
  return [
    name,
    ...(token === undefined
      ? []
      : [words.generation(token.generation), words.fingerprint(token.fingerprint)]),
    words.handedOut(served),
    ...(refused > 0 ? [words.refused(refused)] : []),
    ...(storeReachable ? [] : [words.storeSilent]),
  ]
}

function eventsOf(events: readonly TokenEvent[], words: Words): string {
  if (events.length === 0) return ''
  const rows = events.slice(0, EVENTS_SHOWN).map(event => {
    const [tone, inAWord] = words.events[event.type] ?? ['', event.type]
    const code = 'failure' in event ? ` (${event.failure.code})` : ''
    const at = new Date(event.at).toISOString()
    const time = `<time datetime="${at}">${escaped(at.slice(0, 19).replace('T', ' '))}</time>`
    return enclosing('li', '', time, element('span', tone, inAWord + code))
  })
  return enclosing('ol', '', ...rows)
}
