/**
 * The Baidu AI Open Platform as a provider: where tokens come from, how they look, and what its error codes
 * mean.
 *
 * @packageDocumentation
 */
export { type BaiduApiOptions, baiduApi } from './api/baidu-api.ts'
export { BaiduApiError, type BaiduApiFailure } from './api/baidu-api-error.ts'
export { type BaiduOptions, baidu } from './baidu.ts'
export { AI_ERRORS } from './errors/api-errors.ts'
export { CLASSIC_ERRORS, PLATFORM_ERRORS } from './errors/classic-errors.ts'
export type { BaiduAction, BaiduErrorEntry, BaiduErrorTable } from './errors/error-entry.ts'
export { explainBaiduError } from './errors/explain-error.ts'
export { RECOGNITION_ERRORS, SYNTHESIS_ERRORS } from './errors/speech-errors.ts'
export { type BaiduKeyKind, baiduKeyKind, doubtBaiduClient } from './key-kind.ts'
export { type BaiduTokenMeaning, type BaiduTokenText, parseBaiduToken } from './token-text.ts'
