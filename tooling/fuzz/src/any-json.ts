import type { Dice } from './dice.ts'
import { echoedInJson } from './echo.ts'

/** A member of an object, as text: what is after the colon may be anything. */
export type Member = readonly [name: string, value: string]

const VALUES: readonly string[] = [
  'null',
  'true',
  'false',
  '0',
  '-1',
  '1',
  '110',
  '"110"',
  '18',
  '23',
  '1e400',
  '-1e400',
  '1e2',
  '0.1',
  '-0',
  '3600',
  '"3600"',
  '123456789012345678901234567890',
  '""',
  '" "',
  '"x"',
  '[]',
  '{}',
  '[1,"a",null]',
  '{"toString":1,"__proto__":{"a":1}}',
  '{"code":"invalid_iam_token","message":"no"}',
  '"\\ud800"',
  '"\\u0000\\u001b[31m\\u202e\\u2028"',
  '"line\\r\\nX-Injected: 1"',
  '"undefined"',
  '"NaN"',
  '"[object Object]"',
]

const NAMES: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  'error',
  'error_code',
  'error_msg',
  'err_no',
  'code',
  'message',
  'access_token',
  'token',
  'expires_in',
  '\u202e',
]

function huge(dice: Dice): string {
  const text = 'x'.repeat(dice.pick([300, 5_000, 70_000]))
  return dice.once(2) ? `"${text}"` : `[${text.replaceAll('x', '1,')}1]`
}

function deep(dice: Dice): string {
  const depth = dice.pick([5, 31, 33, 2_000])
  return `${'{"a":['.repeat(depth)}1${']}'.repeat(depth)}`
}

function anyValue(secret: string, dice: Dice): string {
  if (dice.once(2_000)) return huge(dice)
  if (dice.once(500)) return deep(dice)
  return dice.once(3) ? withEcho(secret, dice) : dice.pick(VALUES)
}

/** A string that quotes a secret, now and then so that it straddles the end of what is shown. */
function withEcho(secret: string, dice: Dice): string {
  const before = dice.once(4) ? 'y'.repeat(200 + dice.whole(70)) : dice.pick(['', 'token ', 'bad \\u001b['])
  return `"${before}${echoedInJson(secret, dice)}${dice.pick(['', ' is invalid', '\\n'])}"`
}

type Mutation = (members: readonly Member[], secret: string, dice: Dice) => readonly Member[]

const MUTATIONS: readonly Mutation[] = [
  (members, _, dice) => members.filter((_, i) => i !== dice.whole(members.length)),
  (members, secret, dice) => [...members, [dice.pick(members)?.[0] ?? 'x', anyValue(secret, dice)]],
  (members, secret, dice) => replaced(members, dice, ([name]) => [name, anyValue(secret, dice)]),
  (members, secret, dice) => replaced(members, dice, ([name]) => [name, withEcho(secret, dice)]),
  (members, _, dice) => replaced(members, dice, ([, value]) => [dice.pick(NAMES), value]),
  (members, secret, dice) => [[dice.pick(NAMES), anyValue(secret, dice)], ...members],
  (members, secret, dice) => [...members, [secret, dice.pick(VALUES)]],
  (members, _, dice) => replaced(members, dice, ([name, value]) => [name, `{"${name}":${value}}`]),
]

function replaced(
  members: readonly Member[],
  dice: Dice,
  change: (member: Member) => Member,
): readonly Member[] {
  const at = dice.whole(members.length)
  return members.map((member, i) => (i === at ? change(member) : member))
}

const CHANGES = [0, 1, 1, 1, 2, 2, 4]

/** The members of a good answer, changed up to four times. */
export function mutated(members: readonly Member[], secret: string, dice: Dice): readonly Member[] {
  let changed = members
  for (let left = dice.pick(CHANGES); left > 0; left--) changed = dice.pick(MUTATIONS)(changed, secret, dice)
  return changed
}

/** An object of these members as JSON text, in one of the ways in which servers lay it out. */
export function objectText(members: readonly Member[], dice: Dice): string {
  const space = dice.pick(['', '', ' ', '\n  '])
  const text = members.map(([name, value]) => `${JSON.stringify(name)}:${space}${value}`).join(`,${space}`)
  return `{${space}${text}${space}}`
}
