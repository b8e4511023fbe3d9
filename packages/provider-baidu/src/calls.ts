/**
 * Calls of the Baidu AI Open Platform: its answers and error codes, its scopes, and its other two ways to authorize a
 * request, signing and API keys.
 *
 * @packageDocumentation
 */
export { type BaiduApiOptions, baiduApi } from './api/baidu-api.ts'
export { BaiduApiError, type BaiduApiFailure } from './api/baidu-api-error.ts'
export type { BaiduScheme } from './api/judge-answer.ts'
export { type BaiduBearer, type BaiduBearerOptions, baiduBearer } from './bearer/baidu-bearer.ts'
export { AI_ERRORS } from './errors/api-errors.ts'
export { CLASSIC_ERRORS, PLATFORM_ERRORS } from './errors/classic-errors.ts'
export type { BaiduAction, BaiduErrorEntry, BaiduErrorTable } from './errors/error-entry.ts'
export { explainBaiduError } from './errors/explain-error.ts'
export { GATEWAY_ERRORS } from './errors/gateway-errors.ts'
export { RECOGNITION_ERRORS, SYNTHESIS_ERRORS } from './errors/speech-errors.ts'
export {
  BAIDU_SCOPES,
  type BaiduScopeEntry,
  baiduScopeAdvice,
  baiduScopesFor,
} from './scopes/baidu-scopes.ts'
export { baiduApiKey } from './signing/baidu-api-key.ts'
export { type BceSigning, bceAuthorization } from './signing/bce-authorization.ts'
export { type BceSignerOptions, bceSigner } from './signing/bce-signer.ts'
export { canonicalQuery, canonicalUri } from './signing/canonical-request.ts'
export type { BaiduAccessKey } from './signing/signing-keys.ts'
