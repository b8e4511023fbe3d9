import type { ClientAuthentication, Store, Transport } from '@evergrant/core'
import type { Gate } from './worker-message.ts'

/** Places at which a process can be held. */
export interface Gates {
  /** Lets whoever is held at a gate go on. The gate stays open. */
  open(gate: Gate): void
  authentication(inner: ClientAuthentication): ClientAuthentication
  transport(inner: Transport): Transport
  store(inner: Store): Store
}

/** Gates that are closed until they are opened; `onHeld` is told when somebody stands before one. */
export function gates(closed: readonly Gate[], onHeld: (gate: Gate) => void): Gates {
  const waiting = new Map<Gate, () => void>()
  const shut = new Set(closed)
  /** Whether the next write stores what a token request has won. */
  let won = false

  async function pass(gate: Gate): Promise<void> {
    if (!shut.has(gate)) return
    const opened = new Promise<void>(resolve => waiting.set(gate, resolve))
    onHeld(gate)
    await opened
  }

  return {
    open(gate) {
      shut.delete(gate)
      waiting.get(gate)?.()
    },
    authentication: inner => ({
      async authenticate(request) {
        await pass('before_request')
        return inner.authenticate(request)
      },
    }),
    transport: inner => ({
      async send(request, limits) {
        const response = await inner.send(request, limits)
        won = response.status === 200
        if (response.status === 401) await pass('after_refusal')
        return response
      },
    }),
    store: inner => ({
      ...inner,
      async write(key, change) {
        const commits = won
        won = false
        if (commits) await pass('before_commit')
        const result = await inner.write(key, change)
        if (commits) await pass('after_commit')
        return result
      },
    }),
  }
}
