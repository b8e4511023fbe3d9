/**
 * Fleets of real processes that share one grant: for tests, benchmarks and the demo.
 *
 * @packageDocumentation
 */
export { type Fleet, type FleetOptions, startFleet } from './fleet.ts'
export type { Gate, GivenToken, WorkerOptions, WorkerStore } from './worker-message.ts'
export { type Given, startWorker, type Worker } from './worker-process.ts'
