import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { startVitest } from 'vitest/node'
import { type Mutant, planted } from './mutant.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** The title of the first test of a file that fails while a bug is planted; `undefined` when none does. */
export async function failingTest(mutant: Mutant, file: string): Promise<string | undefined> {
  const [packages, name] = file.split('/')
  const root = `${ROOT}${packages}/${name}`
  const code = process.exitCode
  let title: string | undefined
  const vitest = await startVitest(
    'test',
    [file.slice(`${packages}/${name}/`.length)],
    {
      root,
      watch: false,
      bail: 1,
      coverage: { enabled: false },
      // It would hand the bug to the runs that come after this one.
      fsModuleCache: false,
      reporters: [
        {
          onTestCaseResult(test) {
            if (test.result().state === 'failed') title ??= test.fullName
          },
        },
      ],
    },
    {
      plugins: [
        {
          name: 'planted-bug',
          enforce: 'pre',
          async load(id) {
            if (!id.endsWith(`/${mutant.file}`)) return undefined
            return planted(await readFile(id, 'utf8'), mutant)
          },
        },
      ],
    },
  )
  await vitest.close()
  // A failing test is what is wanted here.
  process.exitCode = code
  return title
}
