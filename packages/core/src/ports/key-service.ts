/** What a wrapped key is bound to: unwrapping it with another context fails. Nothing secret; it is logged by services. */
export type KeyContext = Readonly<Record<string, string>>

/** A key of 256 bits, in clear and wrapped. */
export interface DataKey {
  /** 32 bytes. Whoever has it forgets it as soon as it is imported. */
  readonly plaintext: Uint8Array
  /** Printable ASCII without white space, quotes, commas and dots; at most 8,192 characters. Kept beside what the key seals. */
  readonly wrapped: string
}

/**
 * A service that keeps a key which never leaves it, and wraps others with it: a KMS, a vault, a hardware module.
 *
 * All functions reject with an `EvergrantError` of code `key_service_failed`: of kind `retry` when the service cannot
 * be reached or is overloaded, and of kind `configure` or `distrust` when it refuses, so that trying again cannot help.
 * Anything else that is thrown counts as `retry`. Giving out a key under another context than it was wrapped with is a
 * security bug; failing is not.
 */
export interface KeyService {
  /** A new key, never given out before. */
  generate(context: KeyContext): Promise<DataKey>
  /** What was wrapped under this context: the 32 bytes of a key that was generated, or the bytes that `wrap` was given. */
  unwrap(wrapped: string, context: KeyContext): Promise<Uint8Array>
  /**
   * Wraps bytes that there are already, a client secret: at most 4,096, in the form in which `unwrap` takes them. Absent:
   * the service wraps only what it has generated.
   */
  wrap?(plaintext: Uint8Array, context: KeyContext): Promise<string>
}
