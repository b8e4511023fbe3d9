/** A text in a file that looks like a secret. */
export interface SecretLiteral {
  /** From 1 on. */
  readonly line: number
  /** What it looks like. */
  readonly what: string
}

/** A line that has this is passed over, and a key below a comment that has it: whoever wrote it has looked. */
const EXCUSED = 'evergrant: not a secret'

/** What a line of a keyring is called: whoever finds one has more to do than to move it. */
export const KEYRING_KEY = 'a key of a keyring'

/** What can be nothing else, wherever it stands. */
const SHAPES: readonly (readonly [what: string, shape: RegExp])[] = [
  ['an API Key of Baidu (bce-v3)', /bce-v3\/ALTAK-(?<value>[A-Za-z0-9]{16,64}\/[0-9a-f]{40})/g],
  ['an access token of Baidu', /\b2[45]\.(?<value>[0-9a-f]{32}\.\d{5,8}\.\d{10}\.\d+-\d+)/g],
  [
    'a private key',
    /-----BEGIN (?:[A-Z0-9]{1,16} ){0,2}PRIVATE KEY-----(?:\s|\\n|["'+,]){1,32}(?<value>[A-Za-z0-9+/]{40})/g,
  ],
  // A line of its own, as keygen writes it; 32 bytes end in one of these. A digest is written likewise, by its own name.
  [
    KEYRING_KEY,
    /^[ \t]{0,64}(?!(?:pin-)?[Ss][Hh][Aa]-?\d{1,3}:)[A-Za-z0-9_-]{1,64}:(?<value>[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)[ \t]*\r?$/gm,
  ],
]

/** What a client secret is called, in code, in JSON, in a variable. */
const NAME = '(?:client|app|api|baidu)?[_-]?secret(?:[_-]?(?:access[_-]?)?key)?'
/** In code: a text in quotes, after a name for a secret. */
const ASSIGNED = new RegExp(
  `\\b[A-Za-z0-9_]{0,32}?${NAME}["'\`]?\\s{0,8}(?::|=|=>|,)\\s{0,8}(["'\`])(?<value>[A-Za-z0-9+/_=.~-]{16,512})\\1`,
  'gi',
)
/** In settings: without quotes, to the end of the line. */
const SET = new RegExp(
  `^[ \\t]{0,64}(?:export[ \\t]+|ENV[ \\t]+|-[ \\t]+)?[A-Za-z0-9_.]{0,32}?${NAME}[ \\t]{0,8}[:= ][ \\t]{0,8}(?<value>[A-Za-z0-9+/_=~-]{16,512})[ \\t]*\\r?$`,
  'gim',
)
const SETTINGS_FILE = /(^|\/)(\.env[^/]*|[^/]*\.(env|ya?ml|toml|ini|conf|properties|sh)|Dockerfile[^/]*)$/
const WORDS =
  /your|example|sample|change|place|dummy|fake|mock|test|sandbox|secret|passw|token|redact|x{4}|0{6}|\.{3}/i
/** Bits for each character, by which chance differs from words and from counting up. */
const ENTROPY_MIN = 3.2

/**
 * What looks like a secret in a file, by its shape or by the name that it is given: keys and tokens of Baidu, private keys,
 * keys of a keyring, and random-looking texts of 16 characters or more that are called a secret. Words, placeholders and references to
 * variables are none.
 */
export function secretLiterals(path: string, text: string): readonly SecretLiteral[] {
  const found: SecretLiteral[] = []
  const look = (what: string, pattern: RegExp) => {
    for (const match of text.matchAll(pattern))
      if (looksRandom(match.groups?.value ?? '')) found.push({ line: lineOf(text, match.index), what })
  }
  for (const [what, shape] of SHAPES) look(what, shape)
  look('a client secret', ASSIGNED)
  if (SETTINGS_FILE.test(path)) look('a client secret', SET)
  const lines = text.split('\n')
  const unexcused = found.filter(({ line, what }) => {
    // A keyring has comments on lines of their own.
    const above = what === KEYRING_KEY && lines[line - 2]?.trimStart().startsWith('#') ? lines[line - 2] : ''
    return !`${above}${lines[line - 1]}`.includes(EXCUSED)
  })
  const distinct = new Map(unexcused.map(each => [`${each.line} ${each.what}`, each]))
  return [...distinct.values()].sort((one, other) => one.line - other.line)
}

function lineOf(text: string, index: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < index; at = text.indexOf('\n', at + 1)) line += 1
  return line
}

/** Whether the characters differ as those of a random text do, are not simply in order, and say nothing. */
function looksRandom(value: string): boolean {
  if (WORDS.test(value) || !/[0-9]/.test(value) || !/[A-Za-z]/.test(value)) return false
  const counts = new Map<string, number>()
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1)
  const bits = [...counts.values()].reduce(
    (sum, count) => sum - (count / value.length) * Math.log2(count / value.length),
    0,
  )
  const steps = [...value].filter(
    (character, i) => i > 0 && character.charCodeAt(0) - value.charCodeAt(i - 1) === 1,
  )
  return bits >= ENTROPY_MIN && steps.length < value.length / 2
}
