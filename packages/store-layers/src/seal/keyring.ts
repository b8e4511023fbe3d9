import { headerOf, KEY_ID, openText, parseEnvelope, sealText } from './envelope.ts'
import { bytesOf, type RawKey, rawRingKey } from './raw-key.ts'
import { invalidOption, keyMissing, notAnEnvelope } from './seal-failure.ts'
import { type ServiceKey, serviceRingKey } from './service-key.ts'
import { type RingKey, SEALS_MAX } from './working-key.ts'

/** A key of one's own, or one that stays at a key service. */
export type KeyringKey = RawKey | ServiceKey

export interface KeyringOptions {
  /** What new records are sealed under. */
  readonly current: KeyringKey
  /** What records may still be sealed under that were written before, or by processes that have a newer ring. */
  readonly older?: readonly KeyringKey[]
  /** How many records a process seals before it takes another working key. 1 to 2^31, which is the default. */
  readonly sealsMax?: number
}

/** Keys that seal texts and open them again. Prints nothing of itself. */
export interface Keyring {
  /** The id of the key that texts are sealed under. */
  readonly currentId: string
  /**
   * Seals `text`, so that it opens with the same `boundTo` only. `retainUntil` (epoch ms) is written beside it,
   * readable and unalterable. Rejects with the failure of the key, and with a `RangeError` when a text is no valid
   * Unicode.
   */
  seal(text: string, boundTo: string, retainUntil?: number): Promise<string>
  /**
   * Rejects with code `seal_key_missing` when the ring lacks the key, `record_newer` when the format is a later one,
   * `seal_broken` when anything was changed, and with the failure of the key when it cannot be had.
   */
  open(envelope: string, boundTo: string): Promise<string>
  /** Forgets the keys that are in memory. They are read anew when they are needed. */
  forget(): void
}

const OLDER_MAX = 100

/**
 * A ring of keys: one to seal with, and older ones that still open what they have sealed. To change keys, first add
 * the new one as an older one everywhere, then make it the current one, then `rekey`, then take the old one out.
 *
 * Records are sealed with working keys, of which every process has its own: derived from a key that is given, or made
 * by the key service that wraps them. Each seals a bounded number of records, and the next one takes its place by
 * itself. Throws an `EvergrantError` of code `invalid_option` when ids are not unique or malformed or a number is out
 * of range, and of code `key_unusable` when a key that is given in place is none.
 */
export function keyring(options: KeyringOptions): Keyring {
  const { current, older = [], sealsMax = SEALS_MAX } = options
  if (!Number.isSafeInteger(sealsMax) || sealsMax < 1 || sealsMax > SEALS_MAX) {
    throw invalidOption(`sealsMax is ${sealsMax}, not a whole number from 1 to 2^31.`)
  }
  if (older.length > OLDER_MAX) throw invalidOption(`older has more than ${OLDER_MAX} keys.`)
  const sealing = ringKey(current, sealsMax)
  const keys = new Map<string, RingKey>([[sealing.id, sealing]])
  for (const each of older) {
    if (keys.has(each.id)) throw invalidOption(`two keys have the id "${each.id}".`)
    keys.set(each.id, ringKey(each, sealsMax))
  }
  return {
    currentId: sealing.id,
    async seal(text, boundTo, retainUntil) {
      const { material, key } = await sealing.forSealing()
      return sealText(key, headerOf(sealing.id, material, retainUntil), text, boundTo)
    },
    async open(text, boundTo) {
      const envelope = parseEnvelope(text)
      if (envelope === undefined) throw notAnEnvelope()
      const key = keys.get(envelope.keyId)
      if (key === undefined) throw keyMissing(envelope.keyId)
      return openText(await key.forOpening(envelope.material), envelope, boundTo)
    },
    forget() {
      for (const key of keys.values()) key.forget()
    },
  }
}

function ringKey(key: KeyringKey, sealsMax: number): RingKey {
  if (typeof key.id !== 'string' || !KEY_ID.test(key.id)) {
    throw invalidOption('the id of a key is not 1 to 64 letters, digits, "-" and "_".')
  }
  if ('service' in key) return serviceRingKey(key, sealsMax)
  const { id } = key
  // What is wrong from the start is said at the start.
  if (typeof key.key === 'string' || key.key instanceof Uint8Array) bytesOf(id, key.key).fill(0)
  return rawRingKey(key, sealsMax)
}
