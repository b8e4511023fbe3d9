import type { BaiduErrorRow } from './error-entry.ts'

/** The answer of aip.baidubce.com to a path that it does not know, the misspelt one of a token endpoint included. */
export const NO_SUCH_API: BaiduErrorRow = [
  3,
  'give_up',
  'No such API.',
  '调用的接口不存在。',
  'Check the URL.',
  '请检查请求的 URL。',
]
