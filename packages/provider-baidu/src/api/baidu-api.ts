import type { ApiFailure, CallTarget, ResourceServer, TokenPlace } from '@evergrant/core/calls'
import { baiduScopeAdvice, baiduScopesFor } from '../scopes/baidu-scopes.ts'
import { BaiduApiError, type BaiduApiFailure } from './baidu-api-error.ts'
import { type BaiduScheme, judgeBaiduAnswer } from './judge-answer.ts'

export interface BaiduApiOptions {
  /**
   * What the token source gives: access tokens of `baidu()`, which stand in the query (the default), or short-lived
   * keys of `baiduBearer()`, which stand in the Authorization header. A signer or an API Key needs neither.
   */
  readonly scheme?: BaiduScheme
  /**
   * Refuse a call before it is made when the token answer certainly left out the scope that it needs. `false` by
   * default: applications of long ago may call what their scopes do not name.
   */
  readonly requireScopes?: boolean
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
 * form for speech synthesis), and errors inside an HTTP 200. What fails is thrown as a {@link BaiduApiError}. A call
 * that is authorized already, by whichever of the platform's schemes, is refused: it takes exactly one.
 */
export function baiduApi(options: BaiduApiOptions = {}): ResourceServer {
  const { scheme = 'access_token', origins = [], requireScopes = false } = options
  return {
    name: 'baidu',
    origins: [...ORIGINS, ...origins],
    ...(scheme === 'access_token' && { place: placeOf }),
    credentialPlaces: credentialPlacesOf,
    ...(scheme === 'access_token' && {
      scopes: { neededBy: baiduScopesFor, required: requireScopes, adviceFor: baiduScopeAdvice },
    }),
    // An audio or an image is a success; so is anything else that is not JSON, unless its status says otherwise.
    looksInto: (status, contentType) => status >= 400 || /json|^text\/plain|^$/i.test(contentType),
    judge: (answer, target) => judgeBaiduAnswer(answer, target, scheme),
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

const ANYWHERE: readonly TokenPlace[] = [IN_QUERY]
const AT_RECOGNITION: readonly TokenPlace[] = [IN_QUERY, IN_SPEECH_QUERY, IN_JSON]
const AT_SYNTHESIS: readonly TokenPlace[] = [IN_QUERY, IN_FORM, { in: 'query', name: 'tok' }]

/** Where the platform looks for an access token. */
function credentialPlacesOf({ pathname }: CallTarget): readonly TokenPlace[] {
  if (pathname === '/server_api' || pathname === '/pro_api') return AT_RECOGNITION
  return pathname === '/text2audio' ? AT_SYNTHESIS : ANYWHERE
}

function withEntry(failure: ApiFailure): BaiduApiFailure {
  return 'entry' in failure ? (failure as BaiduApiFailure) : { ...failure, entry: undefined }
}
