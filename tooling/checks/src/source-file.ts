import ts from 'typescript'
import { readText } from './repository.ts'

const parsed = new Map<string, ts.SourceFile>()

/** A TypeScript file, parsed. Every file is parsed once. */
export function parse(file: string): ts.SourceFile {
  const known = parsed.get(file) ?? parseText(file, readText(file))
  parsed.set(file, known)
  return known
}

/** A text, parsed as if it stood in a file of this name. */
export function parseText(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true)
}

/** Calls `visit` for every node of a file. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  ts.forEachChild(node, child => walk(child, visit))
}

/** `file:line`, for a message that an editor can jump to. */
export function placeOf(node: ts.Node): string {
  const source = node.getSourceFile()
  return `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
}

/** How many lines a node takes. */
export function linesOf(node: ts.Node): number {
  const source = node.getSourceFile()
  const line = (position: number) => source.getLineAndCharacterOfPosition(position).line
  return line(node.getEnd()) - line(node.getStart()) + 1
}
