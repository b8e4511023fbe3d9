/**
 * The UTF-8 bytes of `text`. A lone surrogate becomes U+FFFD, as `TextEncoder` has it; the core cannot use
 * `TextEncoder` itself, which is not part of the language.
 */
export function utf8Bytes(text: string): Uint8Array {
  const ascii = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) return ofAnyText(text)
    ascii[i] = unit
  }
  return ascii
}

function ofAnyText(text: string): Uint8Array {
  const bytes: number[] = []
  for (const character of text) {
    let point = character.codePointAt(0) as number
    if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd
    if (point < 0x80) bytes.push(point)
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f))
    else if (point < 0x10000)
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f))
    else {
      bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f))
      bytes.push(0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f))
    }
  }
  return new Uint8Array(bytes)
}

/** The text of UTF-8 bytes. Throws a `URIError` when they are none. */
export function utf8Text(bytes: Uint8Array): string {
  let escaped = ''
  for (const byte of bytes) escaped += `%${byte.toString(16).padStart(2, '0')}`
  return decodeURIComponent(escaped)
}
