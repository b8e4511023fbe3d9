import type { GrantCommand } from '@evergrant/core'

/** A command that is replied to, before it has a number. */
export type Command = Unnumbered<Extract<GrantCommand, { readonly until: number }>>
type Unnumbered<Each> = Each extends unknown ? Omit<Each, 'waiter'> : never
