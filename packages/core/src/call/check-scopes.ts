import { permissions, type ScopeLedger } from '../permission/permissions.ts'
import type { CallTarget, ResourceServer } from './resource-server.ts'

/** What is asked of the scopes of a token before a call is made with it. */
export interface ScopeCheck {
  /** Scopes that every call needs: one whose token certainly lacks some of them fails, and is not made. None by default. */
  readonly requires?: readonly string[]
  /** Is told what calls need and what their tokens have been granted. */
  readonly ledger?: ScopeLedger
}

/**
 * Throws an `EvergrantError` of code `insufficient_scope` when a token certainly lacks a scope that a call must have.
 * Where nobody has said what was `granted`, the call is let through: the server will know.
 */
export function checkScopes(
  { scopes }: ResourceServer,
  target: CallTarget,
  granted: readonly string[] | undefined,
  { requires = [], ledger }: ScopeCheck,
): void {
  if (scopes === undefined && requires.length === 0 && ledger === undefined) return
  const needed = scopes?.neededBy(target) ?? []
  ledger?.note([...requires, ...needed], granted)
  permissions(granted, scopes?.adviceFor).require(...requires, ...(scopes?.required ? needed : []))
}
