import type { ListenOptions } from '../listening.ts'

/** An application of the sandbox, as the console of the platform would show it. */
export interface SandboxApp {
  readonly apiKey: string
  readonly secretKey: string
  readonly appId: string
  /** Space-separated, as the token answer has it. */
  readonly scope: string
  /** The Access Key of the application's account, for signed requests. */
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** A long-lived API Key of the new kind (`bce-v3/ALTAK-…/…`), sent as `Authorization: Bearer`. */
  readonly bearerKey: string
}

export interface BaiduSandboxOptions extends ListenOptions {
  /** Applications. One with well-known keys by default: see `SANDBOX_APP`. */
  readonly apps?: readonly SandboxApp[]
  /** Lifetime of new access tokens in seconds. 2,592,000 by default: 30 days. */
  readonly lifetimeSeconds?: number
  /** API calls per second that an application may make. Absent: any number. Baidu's free tier has 2. */
  readonly qps?: number
  /** The code of an expired token: Baidu documents both. 111 by default. */
  readonly expiredCode?: 110 | 111
  /** A refresh that fails uses its refresh token up all the same, as Netdisk has it. `false` by default. */
  readonly failedRefreshVoids?: boolean
  /**
   * How long after it was used a refresh token yields its successor again, in ms, unless that one was used meanwhile: what
   * servers call a grace period, leeway or reuse interval. 0 by default, as with Baidu: it works once.
   */
  readonly refreshGraceMs?: number
  /**
   * A refresh token that is presented after it was used ends all tokens of its sign-in, as RFC 9700 §4.14.2 has it.
   * `false` by default, as with Baidu: it is refused, and that is all.
   */
  readonly reuseEndsFamily?: boolean
  /** Send `error_code` as a string and token errors with HTTP 401, as the classic API does. `false` by default. */
  readonly classic?: boolean
  /** How long every token answer takes, in ms. 0 by default. */
  readonly latencyMs?: number
  /** Called with every request once it is answered. */
  readonly onRequest?: (request: SandboxRequest) => void
  /** The sandbox's clock, in epoch ms. The system's by default. */
  readonly now?: () => number
}

/** Something that the sandbox was asked, without secrets. */
export interface SandboxRequest {
  /** By the sandbox's clock. */
  readonly at: number
  readonly path: string
  /** The application's id; empty when it is not known. */
  readonly appId: string
  /** What came of it: `token`, `token_again` within a grace period, `ok`, an error, a code or a fault. */
  readonly outcome: string
}

/** The application that a sandbox has when it is given none. */
export const SANDBOX_APP: SandboxApp = {
  apiKey: 'SandboxApiKey00000000001',
  secretKey: 'SandboxSecretKey0000000000000001',
  appId: '1234567',
  scope: 'public brain_all_scope audio_voice_assistant_get audio_tts_post brain_ocr_general_basic',
  accessKeyId: 'ALTAKSandboxAccessKey00001',
  secretAccessKey: '5a0db0c55a0db0c55a0db0c55a0db0c5',
  bearerKey: 'bce-v3/ALTAK-SandboxBearerKey000001/5a0db0c55a0db0c55a0db0c55a0db0c55a0db0c5',
}

/**
 * How the token endpoint misbehaves, and so the exchange of Access Keys for bearer keys.
 *
 * - `reset`: the connection breaks after the request was read; nothing is issued.
 * - `lost_answer`: a token is issued, and then the connection breaks.
 * - `silence`: the request is read and never answered.
 * - `html_503`, `json_503`: overloaded, with a page or with JSON.
 * - `html_200`: a page where JSON should be.
 * - `empty_object`: `{}`.
 * - `no_expires_in`: a token without `expires_in`, or a bearer key without its instants.
 * - `security_policy`: the 400 that repeated bad requests are answered with.
 * - `gateway_403`: the gateway refuses without a body, with its reason in header fields.
 */
export type TokenFault =
  | 'reset'
  | 'lost_answer'
  | 'silence'
  | 'html_503'
  | 'json_503'
  | 'html_200'
  | 'empty_object'
  | 'no_expires_in'
  | 'security_policy'
  | 'gateway_403'

export const TOKEN_FAULTS: readonly TokenFault[] = [
  'reset',
  'lost_answer',
  'silence',
  'html_503',
  'json_503',
  'html_200',
  'empty_object',
  'no_expires_in',
  'security_policy',
  'gateway_403',
]
