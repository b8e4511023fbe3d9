/**
 * The Baidu AI Open Platform as a provider: where tokens come from, how they look, how requests are signed, and what
 * its error codes mean.
 *
 * @packageDocumentation
 */
export { type BaiduOptions, baidu } from './baidu.ts'
export { BAIDU_THRESHOLDS } from './baidu-thresholds.ts'
export { type BaiduUserOptions, baiduUser } from './baidu-user.ts'
export { type BaiduKeyKind, baiduKeyKind, doubtBaiduClient } from './key-kind.ts'
export { type BaiduTokenMeaning, type BaiduTokenText, parseBaiduToken } from './token-text.ts'
