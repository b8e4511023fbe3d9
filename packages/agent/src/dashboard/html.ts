/** Text as HTML has it, in elements and in quoted attributes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

/** An element with text in it. */
export function element(tag: string, className: string, text: string): string {
  return enclosing(tag, className, escaped(text))
}

/** An element with others in it. */
export function enclosing(tag: string, className: string, ...inner: readonly string[]): string {
  const attribute = className === '' ? '' : ` class="${escaped(className)}"`
  return `<${tag}${attribute}>${inner.join('')}</${tag}>`
}
