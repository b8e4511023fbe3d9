import { describe, expect, it } from 'vitest'
import {
  AI_ERRORS,
  CLASSIC_ERRORS,
  explainBaiduError,
  GATEWAY_ERRORS,
  PLATFORM_ERRORS,
  RECOGNITION_ERRORS,
  SYNTHESIS_ERRORS,
} from '../src/calls.ts'

const ALL = [AI_ERRORS, CLASSIC_ERRORS, GATEWAY_ERRORS, PLATFORM_ERRORS, RECOGNITION_ERRORS, SYNTHESIS_ERRORS]

describe('every error code', () => {
  it.each(ALL.flatMap(table => Object.entries(table)))(
    '%s is explained in two languages',
    (_, { meaning, remedy }) => {
      for (const { en, zh } of [meaning, remedy]) {
        expect(en).toMatch(/^[A-Z].*\.$/)
        expect(zh).toMatch(/[\u4e00-\u9fff].*。$/)
      }
    },
  )
})

describe('the tables', () => {
  it('know every code that the platform documents', () => {
    const documented = [
      1, 2, 3, 4, 6, 13, 14, 15, 17, 18, 19, 23, 100, 110, 111, 216100, 216101, 216102, 216103, 216110,
      216200, 216201, 216202, 216630, 282000, 282004, 282008, 336000, 336001, 336002, 336003, 336004, 336005,
      336100, 336501, 336502, 500000,
    ]
    expect(Object.keys(AI_ERRORS).map(Number)).toEqual(documented)
  })

  it('renew the token for nothing but a bad token, and never for a limit', () => {
    const renewing = Object.entries(AI_ERRORS).filter(([, { action }]) => action === 'renew')
    expect(renewing.map(([code]) => Number(code))).toEqual([100, 110, 111])
    for (const code of [4, 17, 18, 19, 336501]) expect(AI_ERRORS[code]?.action).not.toBe('renew')
  })

  it('are asked by number, by the digits that the classic API sends, or by name', () => {
    expect(explainBaiduError('110')).toBe(AI_ERRORS[110])
    expect(explainBaiduError(5)).toBe(CLASSIC_ERRORS[5])
    expect(explainBaiduError(40_003)?.meaning.en).toContain('HTTPS')
    expect(explainBaiduError('SignatureDoesNotMatch')).toBe(GATEWAY_ERRORS.SignatureDoesNotMatch)
    for (const unknown of [
      999_999,
      -1,
      '',
      '1e2',
      '0x6e',
      ' 110',
      'constructor',
      '__proto__',
      'NoSuchError',
    ]) {
      expect(explainBaiduError(unknown)).toBeUndefined()
    }
  })
})
