import type { FailureCode } from '@evergrant/core'

/** What a code means, and what to do about it, for somebody at a terminal; nothing where trying again is all there is. */
type ChineseFailure = readonly [meaning: string, remedy?: string]

/** Texts of failure codes: a part of them. */
export type ChineseFailures = Partial<Readonly<Record<FailureCode, ChineseFailure>>>
