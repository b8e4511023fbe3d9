import { isIP } from 'node:net'
import { allowList } from '@evergrant/allow-list'
import { EvergrantError } from '@evergrant/core'
import { InvalidArgumentError, Option } from 'commander'
import { UsageError } from './failure-report.ts'
import { labelsFor } from './labels.ts'
import { painter, type Terminal, writeLine } from './terminal.ts'

/** Where a command listens, and for whom. */
export interface Admitting {
  /** Absent: 127.0.0.1. */
  readonly host?: string | undefined
  /** Absent: this machine alone. */
  readonly allow?: readonly string[] | undefined
}

/** The option that says who may connect, as often as needed. */
export function allowOption(): Option {
  return new Option(
    '--allow <range>',
    'who may connect: an address or a range, as often as needed; this machine alone by default',
  ).argParser(collect)
}

function collect(range: string, before: readonly string[] = []): readonly string[] {
  try {
    allowList([range])
  } catch (error) {
    if (EvergrantError.is(error)) throw new InvalidArgumentError(error.message)
    throw error
  }
  return [...before, range]
}

/** Throws unless an address is one, and it is said who may connect to one that others reach. */
export function requireAdmitting({ host, allow }: Admitting): void {
  if (host === undefined) return
  if (isIP(host) === 0) throw new UsageError('--host takes an address: 127.0.0.1, 0.0.0.0, ::1')
  if (allow === undefined && !allowList().permits(host)) {
    throw new UsageError(`say who may connect to ${host}: --allow 192.168.0.0/16, say`)
  }
}

/** Tells whoever sits at the terminal of connections that were turned away. */
export function toldRefusals({ stderr, env }: Terminal): (address: string) => void {
  const paint = painter(stderr, env)
  const labels = labelsFor(env)
  return address => writeLine(stderr, `${paint('yellow', labels.note)}${labels.turnedAway(address)}`)
}
