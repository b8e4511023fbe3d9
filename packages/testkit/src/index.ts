/**
 * What a test of token handling needs: local authorization servers, time that can be moved, and faults on
 * demand.
 *
 * @packageDocumentation
 */
export { type FaultyStore, faultyStore, type StoreFault } from './faulty-store.ts'
export {
  type Held,
  held,
  jsonResponse,
  type ScriptedTransport,
  type Step,
  scriptedTransport,
} from './scripted-transport.ts'
export { atRest, type VirtualClock, virtualClock } from './virtual-clock.ts'
export { type WireBehaviour, type WireServer, wireServer } from './wire-server.ts'
