import { describe, expect, it, vi } from 'vitest'
import { undiciTransport } from '../src/index.ts'
import { transportSuite } from './support/suite.ts'

vi.mock('undici', () => import('undici-7'))

describe('over undici 7', () => {
  it('this really is', async () => {
    expect((await import('undici')).Agent).toBe((await import('undici-7')).Agent)
  })

  transportSuite(undiciTransport)
})
