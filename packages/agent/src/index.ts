/**
 * Hands tokens to programs on this machine, in whatever language.
 *
 * @packageDocumentation
 */

export type { AgentSource, AgentToken } from './agent-source.ts'
export type { AgentUse } from './agent-use.ts'
export {
  type AgentGrant,
  type AgentOptions,
  type PortOptions,
  type TokenAgent,
  tokenAgent,
} from './token-agent.ts'
export type { GrantView } from './watched-grant.ts'
