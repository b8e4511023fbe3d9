/** Where chance comes from, unless a runtime is given another source: the only place that asks for it. */
export const systemChance: () => number = () => Math.random()

/** A name that no other session of any process has. */
export function newHolderName(): string {
  return crypto.randomUUID()
}
