import { describe, expect, it } from 'vitest'
import {
  enqueue,
  keepWaiters,
  leave,
  NO_WAITERS,
  type WaiterQueue,
  waitersOf,
} from '../../src/grant/waiter-queue.ts'

function crowd(size: number): WaiterQueue {
  let queue = NO_WAITERS
  for (let id = 1; id <= size; id++) queue = enqueue(queue, { id, minValidForMs: 0, until: 1_000 + id })
  return queue
}

const idsOf = (queue: WaiterQueue) => waitersOf(queue).map(({ id }) => id)

describe('the queue of those who wait', () => {
  it('keeps its order when somebody leaves, wherever they stood', () => {
    const queue = crowd(4)
    expect(idsOf(leave(queue, 1))).toEqual([2, 3, 4])
    expect(idsOf(leave(queue, 3))).toEqual([1, 2, 4])
    expect(idsOf(leave(queue, 4))).toEqual([1, 2, 3])
    expect(leave(queue, 3)).toMatchObject({ size: 3, earliestUntil: 1_001 })
    expect(idsOf(queue)).toEqual([1, 2, 3, 4])
  })

  it('is the same queue for who does not stand in it', () => {
    const queue = crowd(4)
    expect(leave(queue, 5)).toBe(queue)
    expect(leave(NO_WAITERS, 1)).toBe(NO_WAITERS)
  })

  it('copies nobody who came before the one who leaves', () => {
    const queue = crowd(4)
    expect(leave(queue, 4).last).toBe(queue.last?.before)
    expect(leave(queue, 3).last?.before).toBe(queue.last?.before?.before)
  })

  it('knows when the next one gives up as soon as it is looked through, though the one before has left', () => {
    const queue = leave(crowd(3), 1)
    const looked = keepWaiters(queue, ({ until }) => until > 1_001)
    expect([queue.earliestUntil, looked.earliestUntil]).toEqual([1_001, 1_002])
    expect(keepWaiters(looked, () => true)).toBe(looked)
    expect(leave(crowd(1), 1)).toBe(NO_WAITERS)
  })
})
