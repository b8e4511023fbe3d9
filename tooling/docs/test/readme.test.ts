import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compileExamples } from '../src/compile-examples.ts'
import { brokenLinks, markdownFile } from '../src/markdown-file.ts'

const ENGLISH = markdownFile('README.md')
const CHINESE = markdownFile('README.zh-CN.md')
const TOP = ['README.md', 'README.zh-CN.md', 'CONTRIBUTING.md', 'SECURITY.md']
const PACKAGES = readdirSync(new URL('../../../packages', import.meta.url)).map(
  name => `packages/${name}/README.md`,
)
const PAGES = [...TOP, ...PACKAGES, 'apps/cli/README.md'].map(markdownFile)
const EXAMPLES = PAGES.flatMap(({ path, blocks }) =>
  blocks
    .filter(({ language }) => language === 'ts')
    .map(({ code }, i) => ({ title: `${path}, no. ${i + 1}`, code })),
)

describe('the README', () => {
  it('opens with the two commands that do all set-up', () => {
    expect(ENGLISH.blocks[0]?.code).toBe(
      'npx -y -p node@24 -p pnpm@12.21.0 pnpm demo\nnpx -y -p node@24 -p pnpm@12.21.0 pnpm test\n',
    )
  })

  it('says the same in both languages', () => {
    const withoutProse = (code: string) => code.replaceAll(/(\/\/|#).*$/gm, '').replaceAll('.zh', '.en')
    expect(CHINESE.headingDepths).toEqual(ENGLISH.headingDepths)
    expect(CHINESE.blocks.map(({ code }) => withoutProse(code))).toEqual(
      ENGLISH.blocks.map(({ code }) => withoutProse(code)),
    )
    expect(CHINESE.links.slice(1)).toEqual(ENGLISH.links.slice(1))
  })
})

describe('the pages for people', () => {
  it.each(PAGES.map(page => [page.path, page] as const))('%s has no link that leads nowhere', (_, page) => {
    expect(brokenLinks(page)).toEqual([])
  })

  it('have examples that compile', () => {
    const complaints = compileExamples(EXAMPLES.map(({ code }) => code))
    const found = EXAMPLES.map(({ title }, i) => [title, complaints[i]])
    expect(EXAMPLES.length).toBeGreaterThan(10)
    expect(found).toEqual(EXAMPLES.map(({ title }) => [title, []]))
  })
})
