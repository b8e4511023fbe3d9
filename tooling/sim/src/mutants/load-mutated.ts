import { registerHooks } from 'node:module'
import { type Mutant, planted } from './mutant.ts'

/** From here on, this thread loads the file of a mutant with the bug in it. The file itself is not touched. */
export function loadMutated(mutant: Mutant): void {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!url.endsWith(`/${mutant.file}`)) return loaded
      return { ...loaded, source: planted(String(loaded.source), mutant) }
    },
  })
}
