import type { Entry, Store, Version } from '@evergrant/core'

export const KEY = 'evergrant:1:tiered'

/** Writes over whatever is there. */
export async function put(store: Store, value: string | undefined): Promise<Version> {
  const result = await store.write(KEY, { value, expected: (await store.read(KEY))?.version })
  if (!result.written) throw new Error('somebody else has written')
  return result.version
}

/** What a read shows. */
export async function valueIn(store: Store): Promise<string | undefined> {
  return (await store.read(KEY))?.value
}

/** A far store whose next answer is held back, on its way home, until it is let go. */
export function slow(far: Store): { far: Store; hold: () => () => void } {
  let gate: Promise<void> | undefined
  const after = async <Result>(answer: Promise<Result>): Promise<Result> => {
    const held = gate
    gate = undefined
    const result = await answer
    await held
    return result
  }
  return {
    far: {
      ...far,
      read: key => after(far.read(key)),
      write: (key, change) => after(far.write(key, change)),
    },
    hold() {
      let open = () => {}
      gate = new Promise(resolve => {
        open = resolve
      })
      return open
    },
  }
}

/** A far store whose questions arrive, and whose answers come home, when a test says so. */
export function remote(inner: Store) {
  const questions: { arrive(): Promise<void>; comeHome(): void }[] = []
  const far: Store = {
    ...inner,
    async read(key) {
      let [answer, home] = [Promise.resolve<Entry | undefined>(undefined), () => {}]
      const isHome = new Promise<void>(resolve => {
        home = resolve
      })
      questions.push({
        arrive: async () => {
          answer = inner.read(key)
          await answer
        },
        comeHome: home,
      })
      await isHome
      return answer
    },
  }
  return { far, questions }
}
