import { channel } from 'node:diagnostics_channel'
import type { EvergrantEvent } from '@evergrant/core'
import { EVENT_GUIDE } from '@evergrant/core/guides'
import type { TokenSource } from '../token-source.ts'

/** The channels of `node:diagnostics_channel` that events are published on: one per type, `evergrant:<type>`. */
export const DIAGNOSTIC_CHANNELS: readonly string[] = Object.keys(EVENT_GUIDE).map(channelOf)

/**
 * Publishes an event on its channel, where monitoring can subscribe without a reference to what it comes from. Give
 * it as `onEvent` to `authorizedFetch`, `callGuard` and a limiter, and as `onAnomaly` to a watch. Costs next to
 * nothing while nobody has subscribed. Messages are the events themselves: they hold no token and no secret.
 */
export function publishEvent(event: EvergrantEvent): void {
  channel(channelOf(event.type)).publish(event)
}

/** Publishes every event of a source on its channel. Returns the function that ends it. */
export function publishDiagnostics(source: Pick<TokenSource, 'on'>): () => void {
  return source.on(publishEvent)
}

function channelOf(type: string): string {
  return `evergrant:${type}`
}
