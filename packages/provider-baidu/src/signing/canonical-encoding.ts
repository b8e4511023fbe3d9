const MARKS = /[!'()*]/g

/** Text percent-encoded as BCE wants it: all of UTF-8 but the unreserved characters of RFC 3986 §2.3, upper-case. */
export function encodeText(text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed())
  return encoded.replace(MARKS, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** An escape, or a character that must become one. Without the flag `i`, under which "ſ" would pass for an "s". */
const PIECE = /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~]/gu
const UNRESERVED = /[A-Za-z0-9\-._~]/

/**
 * A part of a URL that may be percent-encoded already, as {@link encodeText} would have encoded it: escapes stay
 * escapes in upper case, or become the character that needs none; everything else is encoded. Never encodes twice.
 */
export function recoded(part: string): string {
  return part.replace(PIECE, piece => {
    if (piece.length !== 3 || !piece.startsWith('%')) return encodeText(piece)
    const character = String.fromCharCode(Number.parseInt(piece.slice(1), 16))
    return UNRESERVED.test(character) ? character : piece.toUpperCase()
  })
}
