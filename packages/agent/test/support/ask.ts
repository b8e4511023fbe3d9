import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http'

/** What is asked, and over which socket, if over one. */
export type Asked = Pick<RequestOptions, 'method' | 'headers' | 'socketPath'> & { readonly path: string }

export interface Got {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** `{}` when the answer is no JSON. */
  readonly json: Readonly<Record<string, unknown>>
}

/** As any program would ask: with nothing but HTTP. */
export function askAt(url: string, asked: Asked, body?: string): Promise<Got> {
  const { hostname, port } = new URL(url)
  const where = asked.socketPath === undefined ? { hostname, port } : {}
  return new Promise((resolve, reject) => {
    const sent = request({ agent: false, ...where, ...asked }, async response => {
      let text = ''
      for await (const chunk of response) text += chunk
      const isJson = response.headers['content-type'] === 'application/json'
      const { statusCode: status = 0, headers } = response
      resolve({ status, headers, text, json: isJson && text !== '' ? JSON.parse(text) : {} })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
