/** Parameters as `application/x-www-form-urlencoded` (RFC 6749 appendix B). */
export function encodeForm(parameters: readonly (readonly [name: string, value: string])[]): string {
  return parameters.map(([name, value]) => `${encodeFormText(name)}=${encodeFormText(value)}`).join('&')
}

/**
 * One name or value of a form: everything but letters, digits and `*-._` is percent-encoded as UTF-8, a space
 * becomes `+`. A lone surrogate becomes U+FFFD.
 */
export function encodeFormText(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()~]/g, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}
