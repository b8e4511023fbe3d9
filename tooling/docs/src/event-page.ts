import type { EvergrantEventType } from '@evergrant/core'
import { ANOMALY_THRESHOLDS, type AnomalyThresholds } from '@evergrant/core/anomalies'
import { EVENT_GUIDE } from '@evergrant/core/guides'
import { page, table } from './markdown.ts'
import { docstringsOf } from './members.ts'

const THRESHOLDS = new URL('../../../packages/core/src/anomaly/anomaly-thresholds.ts', import.meta.url)

const GROUPS: readonly (readonly [title: string, test: RegExp, origin: string])[] = [
  [
    'Grants',
    /^(renewal|token|commit|grant|store|subscription|client|secret|machine)\./,
    'From `source.on(listener)`; each names its `provider` and, with a short name that is safe to log, its `grant`.',
  ],
  [
    'Calls',
    /^call\./,
    'From `authorizedFetch(source, api, { onEvent })`; each names server, method, host and path.',
  ],
  ['Guards', /^(circuit|limit)\./, 'From `callGuard({ onEvent })`; each names the `api` that it is about.'],
  ['Limiters', /^limiter\./, 'From `redisLimiter({ onEvent })`.'],
  [
    'Anomalies',
    /^anomaly\./,
    'From `watchAnomalies(source, { onAnomaly })`; each names the `key` that it is about, and says how many `times` it was found since it was told last.',
  ],
]

/** Every event, where it comes from, when it happens, and the thresholds of those that are anomalies. */
export function eventPage(): string {
  const types = Object.keys(EVENT_GUIDE) as EvergrantEventType[]
  return page(
    '# Events',
    'What Evergrant tells about what it does. An event is a plain object with a `type` and the instant `at` which it happened (epoch ms). None holds a token, a secret, a client id, a query or a body. Names do not change; what is not known should be ignored.',
    '`publishDiagnostics(source)` and `publishEvent`, of `@evergrant/runtime/node`, publish them on `node:diagnostics_channel`: the channel is the type after `evergrant:`, as in `evergrant:renewal.failed`. `DIAGNOSTIC_CHANNELS` lists them all. `@evergrant/otel` makes metrics and spans of them.',
    ...GROUPS.flatMap(([title, test, origin]) => [
      `## ${title}`,
      origin,
      table(
        ['type', 'what has happened'],
        types.filter(type => test.test(type)).map(type => [`\`${type}\``, EVENT_GUIDE[type]]),
      ),
    ]),
    '## Thresholds of anomalies',
    '`watchAnomalies(source, { thresholds: { callsPerDayMax: 50_000, hosts: ["web-1", "web-2"] } })`. What is called `…Max` is still normal. For Baidu begin with `BAIDU_THRESHOLDS` of `@evergrant/provider-baidu`.',
    table(
      ['name', 'default', 'meaning'],
      docstringsOf(THRESHOLDS, 'AnomalyThresholds').map(({ name, text }) => [
        `\`${name}\``,
        valueText(ANOMALY_THRESHOLDS[name as keyof AnomalyThresholds]),
        text,
      ]),
    ),
  )
}

function valueText(value: AnomalyThresholds[keyof AnomalyThresholds]): string {
  if (typeof value === 'number') return value.toLocaleString('en-US')
  return value === undefined ? '' : 'none'
}
