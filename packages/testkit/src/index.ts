/**
 * What a test of token handling needs: local authorization servers, time that can be moved, and faults on
 * demand.
 *
 * @packageDocumentation
 */
export { type BaiduSandbox, baiduSandbox } from './baidu-sandbox/baidu-sandbox.ts'
export {
  type BaiduSandboxOptions,
  SANDBOX_APP,
  type SandboxApp,
  type SandboxRequest,
  TOKEN_FAULTS,
  type TokenFault,
} from './baidu-sandbox/sandbox-options.ts'
export { type FaultyStore, faultyStore, type StoreFault } from './faulty-store.ts'
export type { ListenOptions } from './listening.ts'
export { PLATFORM_APP } from './platform-sandbox/platform-app.ts'
export {
  PLATFORM_FAULTS,
  type PlatformFault,
  type PlatformRequest,
  type PlatformSandboxOptions,
} from './platform-sandbox/platform-options.ts'
export {
  type PlatformName,
  type PlatformSandbox,
  platformSandbox,
} from './platform-sandbox/platform-sandbox.ts'
export {
  type Held,
  held,
  jsonResponse,
  type ScriptedTransport,
  type Step,
  scriptedTransport,
} from './scripted-transport.ts'
export { FAULT_KINDS, FAULTS, type FaultKind } from './simulator/fault-plan.ts'
export type {
  GrantWish,
  Program,
  ProgramEvent,
  ProgramSource,
  ProgramToken,
  SimulatedTime,
  Surroundings,
} from './simulator/program.ts'
export { type SimulationOptions, type SimulationResult, simulate } from './simulator/simulate.ts'
export type { Trace } from './simulator/trace.ts'
export type { Violation } from './simulator/world.ts'
export { atRest, type VirtualClock, virtualClock } from './virtual-clock.ts'
export { type WireBehaviour, type WireServer, wireServer } from './wire-server.ts'
