import type { ApiFailure, CallTarget, ResourceServer, TokenPlace } from '@evergrant/core'
import { BaiduApiError, type BaiduApiFailure } from './baidu-api-error.ts'
import { judgeBaiduAnswer } from './judge-answer.ts'

export interface BaiduApiOptions {
  /** Further origins that may be shown a token: a sandbox, a proxy of your own. */
  readonly origins?: readonly string[]
}

/** The hosts of the platform by name: below its domains there are hosts of its customers, too. */
const ORIGINS = [
  'https://aip.baidubce.com',
  'https://qianfan.baidubce.com',
  'https://vop.baidu.com',
  'https://tsn.baidu.com',
  'https://openapi.baidu.com',
  'https://pan.baidu.com',
]

/**
 * The APIs of the Baidu AI Open Platform: the token in the query (in the JSON body for speech recognition, in the
 * form for speech synthesis), and errors inside an HTTP 200. What fails is thrown as a {@link BaiduApiError}.
 */
export function baiduApi(options: BaiduApiOptions = {}): ResourceServer {
  return {
    name: 'baidu',
    origins: [...ORIGINS, ...(options.origins ?? [])],
    place: placeOf,
    // An audio or an image is a success; so is anything else that is not JSON, unless its status says otherwise.
    looksInto: (status, contentType) => status >= 400 || /json|^text\/plain|^$/i.test(contentType),
    judge: judgeBaiduAnswer,
    errorOf: failure => new BaiduApiError(withEntry(failure)),
  }
}

const IN_QUERY: TokenPlace = { in: 'query', name: 'access_token' }
const IN_SPEECH_QUERY: TokenPlace = { in: 'query', name: 'token' }
const IN_JSON: TokenPlace = { in: 'json', name: 'token' }
const IN_FORM: TokenPlace = { in: 'form', name: 'tok' }

/** By the path, which is the same at the platform and in a sandbox. Speech comes as JSON or as bare sound. */
function placeOf({ pathname }: CallTarget, contentType: string): TokenPlace {
  if (pathname === '/server_api' || pathname === '/pro_api') {
    return /json/i.test(contentType) ? IN_JSON : IN_SPEECH_QUERY
  }
  return pathname === '/text2audio' ? IN_FORM : IN_QUERY
}

function withEntry(failure: ApiFailure): BaiduApiFailure {
  return 'entry' in failure ? (failure as BaiduApiFailure) : { ...failure, entry: undefined }
}
