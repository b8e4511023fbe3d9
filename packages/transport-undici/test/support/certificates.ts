import { generate } from 'selfsigned'

export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** A certificate for `localhost` that nobody has signed but itself, or an authority. */
export async function selfSigned(
  options: { days?: number; host?: string; authority?: Certificate } = {},
): Promise<Certificate> {
  const { days = 1, host = 'localhost' } = options
  const notBeforeDate = new Date(Date.now() - 3 * 86_400_000)
  const notAfterDate = new Date(Date.now() + days * 86_400_000)
  const { private: key, cert } = await generate([{ name: 'commonName', value: host }], {
    notBeforeDate,
    notAfterDate,
    algorithm: 'sha256',
    ...(options.authority && { ca: options.authority }),
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: host }] },
    ],
  })
  return { key, cert }
}
