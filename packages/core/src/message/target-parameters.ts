/** The parameters that say what a token shall be for: an audience, and resource indicators (RFC 8707 §2). */
export function targetParameters(
  resources: readonly string[] = [],
  audience?: string,
): readonly (readonly [name: string, value: string])[] {
  const named = resources.map(resource => ['resource', resource] as const)
  return audience === undefined ? named : [['audience', audience], ...named]
}
