import { readFile } from 'node:fs/promises'
import { fail } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { inChinese } from '../src/chinese/failure-text.ts'
import { HELP_FOOTERS } from '../src/chinese/help-footers.ts'
import { HELP_TEXTS } from '../src/chinese/help-texts.ts'
import { columnsOf } from '../src/columns.ts'
import { evergrant } from './support/command-line.ts'

/** The help of every command, by its words. */
async function allHelp(LANG: string, words: readonly string[] = []): Promise<Map<string, string>> {
  const { code, stdout } = await evergrant([...words, '--help'], { env: { LANG } })
  expect(code).toBe(0)
  const below = stdout.split(/^(?:命令：|Commands:)$/m)[1]?.split('\n\n')[0] ?? ''
  const names = [...below.matchAll(/^ {2}([a-z-]+) /gm)].flatMap(([, name]) => (name ? [name] : []))
  const help = new Map([[words.join(' '), stdout]])
  for (const name of names.filter(each => each !== 'help')) {
    for (const [each, text] of await allHelp(LANG, [...words, name])) help.set(each, text)
  }
  return help
}

const withoutSpaces = (text: string) => text.replaceAll(/\s/g, '')

describe('the help of the command line', () => {
  it('is all in Chinese for whoever reads that, and 80 columns hold it', async () => {
    const help = await allHelp('zh_CN.UTF-8')
    expect(help.size).toBe((await allHelp('en_US.UTF-8')).size)
    expect([...help.keys()]).toEqual(expect.arrayContaining(['token', 'bundle create', 'audit report']))
    const all = withoutSpaces([...help.values()].join(''))
    const unused = Object.entries(HELP_TEXTS).filter(([, chinese]) => !all.includes(withoutSpaces(chinese)))
    expect(unused, 'texts that no command says').toEqual([])
    for (const [words, text] of help) {
      const lines = text.split('\n')
      expect(lines.filter(line => columnsOf(line) > 80)).toEqual([])
      const own = text.replace(HELP_FOOTERS[words || 'evergrant'] ?? '', '').split('\n')
      const english = own.filter(
        line => /[a-z]{2,} [a-z]+ [a-z]{2,}/.test(line) && !/\p{Script=Han}/u.test(line),
      )
      expect(english, `English lines of "evergrant ${words} --help"`).toEqual([])
    }
  })

  it('has what it says below the options in both languages, or in neither', async () => {
    const footerOf = (text: string) =>
      text
        .split(/^(?:选项：|Options:|命令：|Commands:)$/m)
        .at(-1)
        ?.split('\n\n')[1]
    const english = await allHelp('en_US.UTF-8')
    const withFooter: string[] = []
    for (const [words, text] of await allHelp('zh_CN.UTF-8')) {
      const chinese = footerOf(text)
      expect([words, chinese !== undefined]).toEqual([
        words,
        footerOf(english.get(words) ?? '') !== undefined,
      ])
      if (chinese === undefined) continue
      withFooter.push(words || 'evergrant')
      expect(chinese).toMatch(/\p{Script=Han}/u)
    }
    expect(withFooter.sort()).toEqual(Object.keys(HELP_FOOTERS).sort())
  })

  it('calls a bundle as the README does', async () => {
    const readme = await readFile(new URL('../../../README.zh-CN.md', import.meta.url), 'utf8')
    const help = [...(await allHelp('zh_CN.UTF-8', ['bundle'])).values()].join('')
    for (const text of [readme, help, inChinese(fail('bundle_expired'))?.meaning]) {
      expect(text).toContain('离线凭证包')
      expect(text).not.toContain('令牌包')
    }
  })

  it('breaks lines between characters, and never before a comma or a bracket', async () => {
    const { stdout } = await evergrant(['token', '--help'], { env: { LANG: 'zh_CN.UTF-8' } })
    expect(stdout).toContain('（可选："baidu",\n')
    for (const text of (await allHelp('zh')).values()) expect(text).not.toMatch(/^\s*[，。；：、）]/m)
  })
})
