import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TokenEvent } from '@evergrant/runtime'
import { describe, expect, it } from 'vitest'
import type { Member } from '../src/crew.ts'
import type { Counts } from '../src/crew-message.ts'
import { liveView } from '../src/live-view.ts'
import { plainView } from '../src/plain-view.ts'
import { summary } from '../src/summary.ts'
import { Tally } from '../src/tally.ts'
import type { Scene } from '../src/view.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

describe('the demo', () => {
  it('plays in a pipe, without keys, and proves that no call fails', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      '--conditions=evergrant-source',
      MAIN,
    ])
    expect(stderr).toBe('')
    expect(stdout).not.toContain('\u001b')
    expect(stdout).toMatch(/\nfailures +0\n/)
    expect(stdout).toMatch(/\nrepeated +[1-9]\d* /)
    expect(stdout).toMatch(/no token yet +token no\. 1\n/)
    expect(stdout).toMatch(/ its process was killed\n/)
    expect(stdout).toMatch(/\nwith a dead token 0 /)
    expect(stdout).toMatch(/\nkilled processes {2}1\n/)
    expect(stdout).toContain('cannot be reached: everybody goes on')
    expect(stdout).toMatch(/renewal in good time +failed: temporarily_unavailable\n/)
    expect(stdout).toMatch(/the API had rejected the token +token no\. \d+\n/)
    expect(stdout).toMatch(/renewal in good time +failed: transport_failed\n/)
    expect(stdout).toMatch(/No call failed: .*\n.*without the store\.\n$/)
    expect(stdout).not.toMatch(/24\.[0-9a-f]{32}/)
  })

  it('that is interrupted ends with code 130 and leaves nothing behind', async () => {
    const home = await mkdtemp(join(tmpdir(), 'demo-test-'))
    const child = spawn(process.execPath, ['--conditions=evergrant-source', MAIN], {
      env: { ...process.env, TMPDIR: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    expect(await readdir(home)).toHaveLength(1)
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
    expect(await readdir(home)).toEqual([])
    await rm(home, { recursive: true })
  })
})

function sink(): { out: Writable; text: () => string } {
  let text = ''
  const out = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  return { out, text: () => text }
}

const event = (report: object) => ({ at: 0, provider: 'baidu', grant: 'g', ...report }) as TokenEvent
const STARTED = event({ type: 'renewal.started', fence: 1, reason: 'due', guarded: true })
const WON = event({ type: 'renewal.succeeded', generation: 2, reason: 'due', lifeMs: 7_000 })
const FAILED = event({
  type: 'renewal.failed',
  failure: { kind: 'retry', code: 'server_error', message: 'm' },
  attempts: 1,
  until: 250,
})
const COUNTS: Counts = { calls: 7, failures: 0, repeated: 1, slowestTokenMs: 5 }

/** A tally on a clock that the test moves. */
function tallyAt(counts: readonly Counts[] = [COUNTS]): { tally: Tally; move: (ms: number) => void } {
  let now = 0
  const tally = new Tally(
    () => now,
    () => counts,
  )
  return {
    tally,
    move(ms) {
      now += ms
    },
  }
}

describe('the tally', () => {
  it('adds up what all processes have done', () => {
    const { tally } = tallyAt([COUNTS, { ...COUNTS, failures: 2, slowestTokenMs: 9 }])
    expect(tally.counts).toEqual({ calls: 14, failures: 2, repeated: 2, slowestTokenMs: 9 })
  })

  it('tells how long it took until all had a token', () => {
    const { tally, move } = tallyAt()
    tally.note(STARTED, '1')
    tally.note(WON, '1')
    move(40)
    expect([tally.noteSpread(2), tally.noteSpread(2), tally.noteSpread(3)]).toEqual([
      40,
      undefined,
      undefined,
    ])
    expect(tally.slowestSpreadMs).toBe(40)
  })
})

describe('the summary', () => {
  it('names every request to the token endpoint, who made it and why, and what became of it', () => {
    const { tally, move } = tallyAt()
    move(1_500)
    tally.note(FAILED, '1')
    tally.note(STARTED, '1')
    tally.note(STARTED, '2')
    tally.note(FAILED, '1')
    tally.noteKilled('2')
    const text = summary(tally)
    expect(text).toContain('1.5 s  process 1  renewal in good time             failed: server_error')
    expect(text).toContain('1.5 s  process 2  renewal in good time             its process was killed')
    expect(text).toContain('killed processes  1')
  })

  it('does not hide failures, nor dead tokens', () => {
    expect(summary(tallyAt([{ ...COUNTS, failures: 3 }]).tally)).toContain('3 calls failed and 0 went out')
    const { tally } = tallyAt()
    tally.stale = 1
    expect(summary(tally)).toContain('0 calls failed and 1 went out with a dead token, which must not happen')
  })
})

describe('the views', () => {
  const token = { generation: 4, sentAt: 0, dueAt: 60, lapsesAt: 95, expiresAt: 100, rejected: false }

  /** A scene with one process in it. */
  function sceneWith(member: object): Scene {
    const members = [{ name: '1', alive: true, killed: false, counts: COUNTS, ...member } as Member]
    return { tally: tallyAt().tally, crew: { members }, place: { title: 'a place' } }
  }

  it.each([
    [{ explanation: undefined }, 'no token yet'],
    [{ killed: true }, 'killed'],
    [{ alive: false, explanation: { at: 10, token } }, 'no.  4, 90 ms left, fresh'],
    [{ explanation: { at: 10, token } }, 'no.  4, 90 ms left, fresh'],
    [{ explanation: { at: 70, token } }, 'due for renewal'],
    [{ explanation: { at: 70, token, failure: { code: 'server_error' } } }, 'renewal fails: server_error'],
    [{ explanation: { at: 10, token: { ...token, rejected: true } } }, '0 ms left, rejected'],
  ])('show the life of a token in a process: %j as %s', (member, words) => {
    const { out, text } = sink()
    const view = liveView(out)
    view.open(sceneWith(member))
    view.act('An act')
    view.tell(STARTED, '1')
    view.tell(FAILED, '1')
    view.close()
    expect(text()).toContain(words)
    expect(text()).toContain('An act')
    expect(text()).toContain('process 1 asks for a token (due)')
    expect(text().startsWith('\u001b[?25l\u001b[?7l')).toBe(true)
    expect(text().endsWith('\u001b[?7h\u001b[?25h')).toBe(true)
  })

  it('in a pipe are lines without colour', () => {
    const { out, text } = sink()
    const view = plainView(out)
    view.open(sceneWith({}))
    view.act('An act')
    view.tell(FAILED, '2')
    view.tell(event({ type: 'token.adopted', generation: 2 }), '2')
    view.close()
    expect(text()).toBe(
      '  0.0 s  == An act (7 calls so far, 0 failures)\n' +
        '  0.0 s     process 2: server_error; next attempt in 250 ms\n',
    )
  })
})
