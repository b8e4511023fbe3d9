import { type Exchange, platformJson } from './http-exchange.ts'

/** Why a grant is refused, in the words of the platform. */
export interface Refusal {
  readonly status: number
  readonly error: string
  readonly description: string
}

const PAGE = '<!DOCTYPE html><html><head><title>Error</title></head><body>Sorry</body></html>\n'

export function refusal(status: number, error: string, description: string): Refusal {
  return { status, error, description }
}

/** Answers with a page, which is what the platform has for those who do not find it. */
export function sayPage(exchange: Exchange, status: number, page: string = PAGE): void {
  exchange.reply(status, page, { 'Content-Type': 'text/html' })
}

export function refuse(exchange: Exchange, { status, error, description }: Refusal): void {
  if (status === 404) sayPage(exchange, 404)
  else exchange.reply(status, platformJson({ error_description: description, error }))
}
