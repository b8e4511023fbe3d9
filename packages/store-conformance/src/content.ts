import { type Clause, demand } from './clause.ts'
import { create, refused, written } from './compare-and-swap.ts'

const VALUE_CHARS = 262_144

const VALUES: readonly (readonly [string, string])[] = [
  ['empty text', ''],
  ['white space around', ' \n x \t '],
  ['JSON', '{"a":[1,2,{"b":"\\u0000"}]}'],
  ['control characters', '\u0000\u0001\r\n\t\u001b[0m'],
  ['text of many scripts', 'écoute 百度智能云 🔑 \u2028 \u{10ffff}'],
  ['quotes and format marks', `'"\`\\ %s %d {0} $1 & < >`],
  ['a quarter of a mebibyte', 'x'.repeat(VALUE_CHARS)],
]

const KEYS: readonly string[] = [
  'evergrant:1:a',
  'evergrant:1:A',
  'evergrant:1:a ',
  'evergrant:1:a:b',
  'evergrant:1:{tag}:*?[x]',
  '__proto__',
  'constructor',
  'a/../b',
  '键',
  'k'.repeat(512),
]

export const content: readonly Clause[] = [
  {
    id: 'value.opaque',
    title: 'gives back any text exactly as it was written',
    needs: [],
    async check({ store }) {
      for (const [name, value] of VALUES) {
        await create(store, name, value)
        demand((await store.read(name))?.value === value, `${name} came back changed`)
        const entry = refused(await store.write(name, { value: 'x', expected: undefined }))
        demand(entry?.value === value, `${name} came back changed in a refusal`)
      }
    },
  },
  {
    id: 'key.apart',
    title: 'keeps keys apart, whatever characters they are made of',
    needs: [],
    async check({ store }) {
      for (const key of KEYS) await create(store, key, `<${key}>`)
      for (const key of KEYS) {
        const value = (await store.read(key))?.value
        demand(value === `<${key}>`, `key ${JSON.stringify(key)} holds ${JSON.stringify(value)}`)
      }
      const [first = '', ...others] = KEYS
      const version = (await store.read(first))?.version
      written(await store.write(first, { value: undefined, expected: version }))
      for (const key of others) {
        demand((await store.read(key)) !== undefined, `deleting one key has deleted ${JSON.stringify(key)}`)
      }
    },
  },
  {
    id: 'keys.all',
    title: 'lists every key that it holds, as it was written',
    needs: ['keys'],
    async check({ store }) {
      for (const key of KEYS) await create(store, key, 'x')
      const listed = new Set<string>()
      for await (const key of store.keys?.() ?? []) listed.add(key)
      for (const key of KEYS) demand(listed.has(key), `key ${JSON.stringify(key)} is not listed`)
      for (const key of listed) {
        demand(KEYS.includes(key), `key ${JSON.stringify(key)} is listed, and was never written`)
      }
    },
  },
  {
    id: 'retain.any',
    title: 'accepts any instant until which a value is worth keeping: past, fractional, far away',
    needs: [],
    async check({ store }) {
      const instants = [0, -1, 1.5, 946_684_800_000, 4_102_444_800_000.25, Number.MAX_SAFE_INTEGER]
      for (const retainUntil of instants) {
        written(await store.write(`until ${retainUntil}`, { value: 'x', expected: undefined, retainUntil }))
      }
      const kept = `until ${4_102_444_800_000.25}`
      demand((await store.read(kept))?.value === 'x', 'a value that is worth keeping for decades has gone')
    },
  },
]
