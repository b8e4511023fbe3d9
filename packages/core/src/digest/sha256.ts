/**
 * SHA-256 (FIPS 180-4) over bytes, synchronously and without dependencies.
 *
 * The core may not do I/O and may not wait, and WebCrypto's digest is asynchronous; keys and fingerprints have
 * to be the same in every runtime. It is used for names (record keys, token fingerprints), never for
 * signatures, passwords or anything an attacker could time.
 *
 * @module
 */

interface Constants {
  /** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4 §4.2.2). */
  readonly round: Uint32Array
  /** The same of the square roots of the first 8 primes (FIPS 180-4 §5.3.3). */
  readonly initialHash: Uint32Array
}

/** Worked out for the first digest, not when the module is loaded: a start-up should not pay for it. */
let constants: Constants | undefined

const BLOCK_BYTES = 64

/** The 32-byte SHA-256 digest of `message`. */
export function sha256(message: Uint8Array): Uint8Array {
  constants ??= { round: fractionalBits(64, 1 / 3), initialHash: fractionalBits(8, 1 / 2) }
  const hash = Uint32Array.from(constants.initialHash)
  const schedule = new Uint32Array(64)
  const padded = pad(message)
  const words = new DataView(padded.buffer)
  for (let offset = 0; offset < padded.length; offset += BLOCK_BYTES) {
    for (let i = 0; i < 16; i++) schedule[i] = words.getUint32(offset + i * 4)
    compress(hash, schedule, constants.round)
  }
  const digest = new Uint8Array(32)
  const view = new DataView(digest.buffer)
  for (const [i, word] of hash.entries()) view.setUint32(i * 4, word)
  return digest
}

/** FIPS 180-4 §5.1.1: a one bit, zeros, and the length in bits as a 64-bit number. */
function pad(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / BLOCK_BYTES) * BLOCK_BYTES)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(message.length / 0x2000_0000))
  view.setUint32(padded.length - 4, message.length << 3)
  return padded
}

/** FIPS 180-4 §6.2.2, one block. `schedule` holds the block in its first 16 words. */
function compress(hash: Uint32Array, schedule: Uint32Array, round: Uint32Array): void {
  const w = (i: number) => schedule[i] as number
  for (let i = 16; i < 64; i++) {
    const small0 = rotate(w(i - 15), 7) ^ rotate(w(i - 15), 18) ^ (w(i - 15) >>> 3)
    const small1 = rotate(w(i - 2), 17) ^ rotate(w(i - 2), 19) ^ (w(i - 2) >>> 10)
    schedule[i] = w(i - 16) + small0 + w(i - 7) + small1
  }
  let [a, b, c, d, e, f, g, h] = hash as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  for (let i = 0; i < 64; i++) {
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const choice = (e & f) ^ (~e & g)
    const t1 = (h + big1 + choice + (round[i] as number) + w(i)) | 0
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
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) hash[i] = (hash[i] as number) + word
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
