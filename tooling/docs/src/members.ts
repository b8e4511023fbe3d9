import { readFileSync } from 'node:fs'
import ts from 'typescript'

/** The members of an interface, and what the source says of each. */
export function docstringsOf(source: URL, interfaceName: string): { name: string; text: string }[] {
  const file = ts.createSourceFile('source.ts', readFileSync(source, 'utf8'), ts.ScriptTarget.ES2023, true)
  const found = file.statements.find(
    node => ts.isInterfaceDeclaration(node) && node.name.text === interfaceName,
  )
  if (found === undefined || !ts.isInterfaceDeclaration(found)) throw new Error(`${interfaceName} has moved`)
  return found.members.map(member => ({
    name: member.name?.getText() ?? '',
    text: ts
      .getJSDocCommentsAndTags(member)
      .map(({ comment }) => (typeof comment === 'string' ? comment.replaceAll(/\s+/g, ' ') : ''))
      .join(' '),
  }))
}
