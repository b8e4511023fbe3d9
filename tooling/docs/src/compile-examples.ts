import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** Names that an example may use without saying where they come from: a reader can tell. */
const AROUND: Readonly<Record<string, string>> = {
  token: "declare const token: import('@evergrant/runtime').Token",
  source: "declare const source: import('@evergrant/runtime').TokenSource",
  later: 'declare function later(ms: number | undefined): Promise<void>',
  myStore: "declare function myStore(): import('@evergrant/core').Store",
  text: 'declare const text: string',
  plantKey: 'declare const plantKey: string',
  officeKey: 'declare const officeKey: string',
  at: 'declare const at: number',
  roll: 'declare const roll: number',
  agent: "declare const agent: import('@evergrant/agent').TokenAgent",
  key: 'declare const key: string',
  viewKey: 'declare const viewKey: string',
  policy: "declare const policy: import('@evergrant/core').GrantPolicy",
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  customConditions: ['evergrant-source'],
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
}

/** Compiles examples as if they stood in this package, and returns what the compiler says of each. */
export function compileExamples(codes: readonly string[]): readonly (readonly string[])[] {
  const files = new Map(codes.map((code, i) => [pathOf(i), completed(code)]))
  const host = ts.createCompilerHost(OPTIONS)
  const program = ts.createProgram([...files.keys()], OPTIONS, {
    ...host,
    fileExists: path => files.has(path) || host.fileExists(path),
    readFile: path => files.get(path) ?? host.readFile(path),
    getSourceFile(path, version) {
      const text = files.get(path)
      return text === undefined ? host.getSourceFile(path, version) : ts.createSourceFile(path, text, version)
    },
  })
  const ofAll = program.getOptionsDiagnostics()
  // The sources that they import are checked elsewhere.
  return codes.map((_, i) => {
    const file = program.getSourceFile(pathOf(i))
    const complaints = [
      ...ofAll,
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]
    return complaints.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
  })
}

function pathOf(index: number): string {
  return fileURLToPath(new URL(`../example-${index}.ts`, import.meta.url))
}

/** The example as a module, with a declaration of every name that it takes for granted. */
function completed(code: string): string {
  const taken = Object.entries(AROUND).filter(([name]) => {
    const declares = new RegExp(`(const|let|function) (${name}\\b|\\{[^}]*\\b${name}\\b)`)
    return !declares.test(code)
  })
  return `${code}\n${taken.map(([, declaration]) => declaration).join('\n')}\nexport {}\n`
}
