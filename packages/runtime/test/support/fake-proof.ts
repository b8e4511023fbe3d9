import type { ProofOfPossession, ProvableRequest } from '@evergrant/core'

/** A proof of possession without a key: it says what it was asked to prove, and keeps the last nonce. */
export interface FakeProof extends ProofOfPossession {
  readonly proven: ProvableRequest[]
  /** What happened, in order: `prove`, and the nonces that were heard of. */
  readonly log: string[]
}

export function fakeProof(name = 'key'): FakeProof {
  let nonce = 'none'
  let count = 0
  const proven: ProvableRequest[] = []
  const log: string[] = []
  return {
    proven,
    log,
    thumbprint: async () => `thumbprint of ${name}`,
    async prove(request) {
      proven.push(request)
      log.push('prove')
      return `${name}-${++count}-${nonce}`
    },
    heed(_url, { status, header, body }) {
      const told = header('dpop-nonce')
      if (told === undefined) return false
      nonce = told
      log.push(told)
      const text = `${header('www-authenticate') ?? ''}${body ?? ''}`
      return (status === 400 || status === 401) && text.includes('use_dpop_nonce')
    },
  }
}
