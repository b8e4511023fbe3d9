/** Who has caught a planted bug, and how it showed. */
export type Catch =
  | { readonly by: 'simulator'; readonly seed: number; readonly id: string; readonly message: string }
  | {
      readonly by: 'test'
      /** Relative to the top of the repository. */
      readonly file: string
      readonly title: string
    }

/** What became of a mutant. */
export interface Finding {
  readonly name: string
  /** `undefined`: nobody has caught it. */
  readonly caught: Catch | undefined
}
