import { FAILURE_CODES, type FailureCode, type FailureKind } from '@evergrant/core'
import { FAILURE_GUIDE } from '@evergrant/core/guides'
import {
  AI_ERRORS,
  type BaiduErrorEntry,
  CLASSIC_ERRORS,
  GATEWAY_ERRORS,
  PLATFORM_ERRORS,
  RECOGNITION_ERRORS,
  SYNTHESIS_ERRORS,
} from '@evergrant/provider-baidu/calls'
import { page, table } from './markdown.ts'

const KINDS: readonly (readonly [FailureKind, string])[] = [
  ['retry', 'Nothing is wrong with the configuration: try again after `retryAfterMs`.'],
  ['configure', 'It can never succeed as configured: change a key, a scope, a URL or a permission.'],
  ['reauthorize', 'The grant has ended: obtain a new one.'],
  [
    'distrust',
    'The peer answered with something that a token endpoint must not answer: check who is answering.',
  ],
  ['declined', 'A person or a policy said no.'],
  ['cancelled', 'The caller, or `close()`, ended the call.'],
]

/** Every failure code of Evergrant itself, by what the caller should do. */
export function errorPage(): string {
  const codes = Object.keys(FAILURE_CODES) as FailureCode[]
  return page(
    '# Errors',
    'Every error that Evergrant throws is an `EvergrantError`. Branch on `kind`, which says what to do, and only then on `code`. A server may send codes of its own; they are passed through with the kind `retry`, and a provider may know more of them.',
    ...KINDS.flatMap(([kind, meaning]) => [
      `## \`${kind}\``,
      meaning,
      table(
        ['code', 'meaning', 'what to do'],
        codes
          .filter(code => FAILURE_CODES[code][0] === kind)
          .map(code => [`\`${code}\``, FAILURE_GUIDE[code].meaning, FAILURE_GUIDE[code].remedy]),
      ),
    ]),
  )
}

const BAIDU_TABLES: readonly (readonly [string, Readonly<Record<string, BaiduErrorEntry>>])[] = [
  ['AI APIs (`error_code`)', AI_ERRORS],
  ['Speech recognition (`err_no`)', RECOGNITION_ERRORS],
  ['Speech synthesis (`err_no`)', SYNTHESIS_ERRORS],
  ['Classic Open API (`error_code`)', CLASSIC_ERRORS],
  ['Gateway and IAM, by name (`code`, or the header field `X-Bce-Error-Code`)', GATEWAY_ERRORS],
  ['Codes that the platform is said to send', PLATFORM_ERRORS],
]

/** Every error code of the Baidu AI Open Platform that is known, in two languages. */
export function baiduErrorPage(): string {
  return page(
    '# Error codes of the Baidu AI Open Platform',
    'What a code means and what to do about it. `renew`: a new token is obtained and the call repeated once; `retry`: the platform had trouble, and the call is repeated after a pause that grows where that does no harm; `slow_down`: the call was turned away before it did anything, and is repeated after a second or more; `wait`: it is repeated when the window of the limit has passed; `configure`: something has to be changed; `give_up`: the request itself is wrong.',
    ...BAIDU_TABLES.flatMap(([title, entries]) => [
      `## ${title}`,
      table(
        ['code', 'action', 'meaning', 'what to do', '含义', '处理办法'],
        Object.entries(entries).map(([code, { action, meaning, remedy }]) => [
          `\`${code}\``,
          action,
          meaning.en,
          remedy.en,
          meaning.zh,
          remedy.zh,
        ]),
      ),
    ]),
  )
}
