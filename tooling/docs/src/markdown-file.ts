import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** A fenced block of code. */
interface CodeBlock {
  readonly language: string
  readonly code: string
}

/** A page as it stands in the repository. */
export interface MarkdownFile {
  readonly path: string
  readonly text: string
  readonly blocks: readonly CodeBlock[]
  /** How deep each heading is, in order. */
  readonly headingDepths: readonly number[]
  /** Targets of links into the repository, without fragments. */
  readonly links: readonly string[]
}

/** Reads a page; `path` is relative to the top of the repository. */
export function markdownFile(path: string): MarkdownFile {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const prose = text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
  return {
    path,
    text,
    blocks: [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$/gm)].map(
      ([, indent = '', language = '', code = '']) => ({
        language,
        code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      }),
    ),
    headingDepths: [...prose.matchAll(/^(#+) /gm)].map(([, marks = '']) => marks.length),
    links: [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target.split('#')[0] ?? '')
      .filter(target => target !== '' && !/^[a-z]+:/.test(target)),
  }
}

/** The links of a page that lead nowhere. */
export function brokenLinks({ path, links }: MarkdownFile): readonly string[] {
  return links.filter(target => !existsSync(join(ROOT, dirname(path), target)))
}
