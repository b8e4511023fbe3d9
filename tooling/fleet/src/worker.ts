import { flushCompileCache } from 'node:module'
import { EvergrantError } from '@evergrant/core'
import { baidu } from '@evergrant/provider-baidu'
import {
  clientSecretPost,
  fetchTransport,
  secretRing,
  type Token,
  type TokenSource,
  tokenSource,
} from '@evergrant/runtime'
import { gates } from './gates.ts'
import { openStore } from './open-store.ts'
import type { Answer, GivenToken, Question, WorkerOptions } from './worker-message.ts'

/** The program of one worker: a process that has a source of tokens and does what its parent asks. */
const options: WorkerOptions = JSON.parse(process.argv[2] ?? '')
const doors = gates(options.gates ?? [], gate => tell({ type: 'held', gate }))
const store = openStore(options.store)
let source = open(options.refreshToken)
let last: Token | undefined

function open(refreshToken: string | undefined): TokenSource {
  const { id, secret: first, nextSecret, keepWarm = false, role = 'renewer', policy = {} } = options
  const secret = secretRing([first, nextSecret])
  return tokenSource({
    provider: baidu({ endpoint: options.tokenEndpoint }),
    client: { id, secret, authentication: doors.authentication(clientSecretPost({ id, secret })) },
    ...(refreshToken !== undefined && { grant: { type: 'refresh_token', refreshToken } }),
    store: doors.store(store),
    transport: doors.transport(fetchTransport({ allowInsecureLoopback: true })),
    keepWarm,
    role,
    policy,
  })
}

function tell(answer: Answer): void {
  // A parent that is gone needs no answer.
  process.send?.(answer, undefined, {}, () => undefined)
}

async function ask({ id, callers, timeoutMs }: Extract<Question, { type: 'ask' }>): Promise<void> {
  const tokens: GivenToken[] = []
  const failures: string[] = []
  const call = async () => {
    try {
      const token = await source.token({ timeoutMs })
      last = token
      const { fingerprint, generation, expiresAt } = token
      tokens.push({ fingerprint, generation, expiresAt, at: Date.now() })
    } catch (error) {
      failures.push(EvergrantError.is(error) ? error.code : String(error))
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  tell({ type: 'given', id, tokens, failures })
}

async function answer(question: Question): Promise<void> {
  switch (question.type) {
    case 'ask':
      return ask(question)
    case 'reject':
      if (last !== undefined) source.reject(last)
      return tell({ type: 'given', id: question.id, tokens: [], failures: [] })
    case 'begin':
      await source.close()
      source = open(question.refreshToken)
      last = undefined
      return tell({ type: 'given', id: question.id, tokens: [], failures: [] })
    case 'explain':
      return tell({ type: 'explained', id: question.id, explanation: source.explain() })
    case 'open':
      return doors.open(question.gate)
    case 'close':
      await source.close()
      await store.close?.()
      process.disconnect()
  }
}

process.on('message', (question: Question) => {
  answer(question).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})
// A parent that was interrupted leaves nobody behind.
process.once('disconnect', () => process.exit())
tell({ type: 'ready' })
// Most workers are killed, and would leave nothing to the next.
flushCompileCache()
