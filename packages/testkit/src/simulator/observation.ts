import type { Answer } from './authorization-server.ts'
import type { Call } from './call.ts'
import type { Exchange } from './exchange.ts'
import type { ProgramEvent, ProgramToken } from './program.ts'
import type { SimulatedGrant } from './simulated-grant.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Stored } from './simulated-store.ts'

/** What happens in a world, as its checkers see it. */
export interface Observations {
  /** The calm has begun: no fault strikes any more. */
  readonly 'faults.ended': Record<never, never>
  readonly 'process.started': { readonly process: SimulatedProcess }
  /** It crashed or was closed; nothing that it does matters any more. */
  readonly 'process.ended': { readonly process: SimulatedProcess; readonly how: 'crash' | 'close' }
  readonly 'call.began': { readonly call: Call; readonly held: ProgramToken | undefined }
  readonly 'call.ended': { readonly call: Call }
  /** A process was given a token, by a call or by its watch. */
  readonly 'token.given': {
    readonly process: SimulatedProcess
    readonly grant: SimulatedGrant
    readonly token: ProgramToken
  }
  /** A process told the program that a token is no good. */
  readonly 'token.rejected': {
    readonly process: SimulatedProcess
    readonly grant: SimulatedGrant
    readonly accessToken: string
  }
  readonly 'program.told': {
    readonly process: SimulatedProcess
    readonly grant: SimulatedGrant
    readonly event: ProgramEvent
  }
  /** A process has asked the store for something. */
  readonly 'store.asked': {
    readonly process: SimulatedProcess
    readonly grant: SimulatedGrant
    readonly operation: 'read' | 'write'
  }
  /** A write of a process was applied. */
  readonly 'store.wrote': {
    readonly process: SimulatedProcess
    readonly grant: SimulatedGrant
    readonly before: Stored | undefined
    readonly after: Stored
  }
  /** The answer of a store operation has reached a process that still waits for it, or may do so. */
  readonly 'store.told': {
    readonly process: SimulatedProcess
    readonly grant: SimulatedGrant
    readonly stored: Stored | undefined
    readonly isCertain: boolean
    /** How long it took, standstills included. */
    readonly tookMs: number
  }
  /** The store lost what it held, or was given something else, by no doing of the program. */
  readonly 'store.lost': {
    readonly grant: SimulatedGrant
    readonly after: Stored | undefined
    /** True time. */
    readonly at: number
  }
  readonly 'request.sent': { readonly exchange: Exchange }
  readonly 'request.handled': { readonly exchange: Exchange; readonly answer: Answer }
  /** The client knows how its request ended. */
  readonly 'request.ended': { readonly exchange: Exchange }
}

export type ObservationName = keyof Observations

/** Functions for the observations that somebody is interested in. */
export type Observers = {
  readonly [Name in ObservationName]?: (what: Observations[Name]) => void
}
