/**
 * SHA-256 (FIPS 180-4) over bytes, synchronously and without dependencies.
 *
 * The core may not do I/O and may not wait, and WebCrypto's digest is asynchronous; keys and fingerprints have
 * to be the same in every runtime. It is used for names (record keys, token fingerprints), never for
 * signatures, passwords or anything an attacker could time.
 *
 * @module
 */

interface Tables {
  /** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4 §4.2.2). */
  readonly round: Uint32Array
  /** The same of the square roots of the first 8 primes (FIPS 180-4 §5.3.3). */
  readonly initialHash: Uint32Array
  /** Room for one block and what is made of it, for every digest anew: to allocate it takes longer than a digest. */
  readonly schedule: Uint32Array
}

/** Worked out for the first digest, not when the module is loaded: a start-up should not pay for it. */
let tables: Tables | undefined

const BLOCK_BYTES = 64

/** The 32-byte SHA-256 digest of `message`. */
export function sha256(message: Uint8Array): Uint8Array {
  tables ??= {
    round: fractionalBits(64, 1 / 3),
    initialHash: fractionalBits(8, 1 / 2),
    schedule: new Uint32Array(64),
  }
  const { round, initialHash, schedule } = tables
  const hash = initialHash.slice()
  const paddedLength = Math.ceil((message.length + 9) / BLOCK_BYTES) * BLOCK_BYTES
  for (let offset = 0; offset < paddedLength; offset += BLOCK_BYTES) {
    for (let i = 0; i < 16; i++) schedule[i] = paddedWord(message, offset + i * 4, paddedLength)
    compress(hash, schedule, round)
  }
  // Nothing of the message stays behind.
  schedule.fill(0)
  const digest = new Uint8Array(32)
  for (let i = 0; i < digest.length; i++) digest[i] = word(hash, i >> 2) >>> (24 - 8 * (i & 3))
  return digest
}

/** Four bytes of the message with its padding (FIPS 180-4 §5.1.1): a one bit, zeros, and the length in bits in 64 bits. */
function paddedWord(message: Uint8Array, at: number, paddedLength: number): number {
  const { length } = message
  if (at === paddedLength - 8) return Math.floor(length / 0x2000_0000)
  if (at === paddedLength - 4) return length << 3
  let four = 0
  for (let i = at; i < at + 4; i++)
    four = (four << 8) | (i < length ? (message[i] as number) : i === length ? 0x80 : 0)
  return four
}

/** FIPS 180-4 §6.2.2, one block. `schedule` holds the block in its first 16 words. */
function compress(hash: Uint32Array, schedule: Uint32Array, round: Uint32Array): void {
  for (let i = 16; i < 64; i++) {
    const early = word(schedule, i - 15)
    const late = word(schedule, i - 2)
    const small0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)
    const small1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10)
    schedule[i] = (word(schedule, i - 16) + small0 + word(schedule, i - 7) + small1) | 0
  }
  let a = word(hash, 0)
  let b = word(hash, 1)
  let c = word(hash, 2)
  let d = word(hash, 3)
  let e = word(hash, 4)
  let f = word(hash, 5)
  let g = word(hash, 6)
  let h = word(hash, 7)
  for (let i = 0; i < 64; i++) {
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const choice = (e & f) ^ (~e & g)
    const t1 = (h + big1 + choice + word(round, i) + word(schedule, i)) | 0
    const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    const t2 = (big0 + majority) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  hash[0] = word(hash, 0) + a
  hash[1] = word(hash, 1) + b
  hash[2] = word(hash, 2) + c
  hash[3] = word(hash, 3) + d
  hash[4] = word(hash, 4) + e
  hash[5] = word(hash, 5) + f
  hash[6] = word(hash, 6) + g
  hash[7] = word(hash, 7) + h
}

/** As a signed number, which engines add up without a detour. */
function word(words: Uint32Array, index: number): number {
  return (words[index] as number) | 0
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}

function fractionalBits(count: number, exponent: number): Uint32Array {
  const bits = new Uint32Array(count)
  for (let candidate = 2, found = 0; found < count; candidate++) {
    if (!isPrime(candidate)) continue
    const root = candidate ** exponent
    bits[found++] = Math.floor((root - Math.floor(root)) * 0x1_0000_0000)
  }
  return bits
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) return false
  return true
}
