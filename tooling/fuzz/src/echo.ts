import type { Dice } from './dice.ts'

type Writer = (text: string, dice: Dice) => string

const percent: Writer = text => encodeURIComponent(text)
const strictly: Writer = text =>
  [...Buffer.from(text)].map(byte => `%${byte.toString(16).padStart(2, '0')}`).join('')
const html: Writer = text =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** The ways in which a server writes what it was sent, outside of JSON. */
const WRITERS: readonly Writer[] = [
  text => text,
  percent,
  strictly,
  text => percent(text, NO_DICE).replace(/%../g, each => each.toLowerCase()),
  text => new URLSearchParams({ x: text }).toString().slice(2),
  text => Buffer.from(text).toString('base64'),
  text => Buffer.from(text).toString('base64url'),
  html,
  (text, dice) => [...text].map(each => (dice.once(3) ? strictly(each, dice) : each)).join(''),
]

const NO_DICE: Dice = { whole: () => 0, once: () => false, pick: from => from[0] as (typeof from)[number] }

/** A secret as a server may write it into a header field or a page. */
export function echoed(secret: string, dice: Dice): string {
  return dice.pick(WRITERS)(secret, dice)
}

/** A secret as it may stand within the quotes of a JSON string. */
export function echoedInJson(secret: string, dice: Dice): string {
  const written = dice.once(2) ? secret : echoed(secret, dice)
  const quoted = JSON.stringify(written).slice(1, -1)
  switch (dice.whole(4)) {
    case 0:
      return quoted.replaceAll('/', '\\/')
    case 1:
      return [...written].map(escaped).join('')
    case 2:
      return [...written].map(each => (/\w/.test(each) ? each : escaped(each))).join('')
    default:
      return quoted
  }
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
