import { getEventListeners } from 'node:events'
import { held } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { failureOf, rig } from './support/rig.ts'

const listeners = ({ signal }: AbortController) => getEventListeners(signal, 'abort').length

describe('a signal that many callers share', () => {
  it('has one listener, for Node takes more than ten for a leak, and none when they are served', async () => {
    const { source, clock } = rig()
    const shutDown = new AbortController()
    const { signal } = shutDown
    const tokens = Array.from({ length: 20 }, () => source.token({ signal }))
    const watch = source.watch({ signal })
    const first = watch.next()
    await clock.advance(0)
    await Promise.all([...tokens, first])
    expect(listeners(shutDown)).toBe(1)
    await watch.return()
    expect(listeners(shutDown)).toBe(0)
  })

  it('ends the wait of each', async () => {
    const { source, transport } = rig()
    const answer = held()
    transport.expect(answer.step)
    const shutDown = new AbortController()
    const { signal } = shutDown
    const waiting = Array.from({ length: 20 }, () => failureOf(source.token({ signal })))
    await answer.arrived
    expect(listeners(shutDown)).toBe(1)
    shutDown.abort('bye')
    for (const each of await Promise.all(waiting))
      expect(each).toMatchObject({ code: 'aborted', cause: 'bye' })
    expect(listeners(shutDown)).toBe(0)
  })
})
