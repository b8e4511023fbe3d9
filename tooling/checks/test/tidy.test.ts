import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { readText, repositoryFiles } from '../src/repository.ts'
import { linesOf, parse, parseText, placeOf, walk } from '../src/source-file.ts'
import { timerUse } from '../src/timer-use.ts'

const FILES = repositoryFiles()
const CODE = FILES.filter(file => /\.m?ts$/.test(file))
const SOURCES = CODE.filter(file => /^(packages|apps|tooling)\/[^/]+\/src\//.test(file))
const TESTS = CODE.filter(file => /\/test\//.test(file))
/** The two packages whose behaviour must depend on what they are given, and on nothing else. */
const HERMETIC = SOURCES.filter(file => /^packages\/(core|runtime)\//.test(file))
const TEXTS = FILES.filter(file =>
  /\.(m?ts|json|md|ya?ml|mjs|env)$|^(LICENSE|\.gitignore)$|^\.ci\//.test(file),
)

const SOURCE_LINES_MAX = 300
const TEST_LINES_MAX = 450
const FUNCTION_LINES_MAX = 70

function lines(file: string): number {
  return readText(file).trimEnd().split('\n').length
}

function isFunction(node: ts.Node): boolean {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isConstructorDeclaration(node) ||
    ts.isAccessor(node)
  )
}

/** Every place in these files about which `complain` has something to say. */
function complaints(files: readonly string[], complain: (node: ts.Node) => string | undefined): string[] {
  const found: string[] = []
  for (const file of files) {
    walk(parse(file), node => {
      const complaint = complain(node)
      if (complaint !== undefined) found.push(`${placeOf(node)} ${complaint}`)
    })
  }
  return found
}

describe('the tree is easy to live in:', () => {
  it('there is code to look at', () => {
    expect([SOURCES.length > 100, TESTS.length > 30, HERMETIC.length > 50]).toEqual([true, true, true])
  })

  it(`source files have at most ${SOURCE_LINES_MAX} lines, tests at most ${TEST_LINES_MAX}`, () => {
    const long = [
      ...SOURCES.filter(file => lines(file) > SOURCE_LINES_MAX),
      ...TESTS.filter(file => lines(file) > TEST_LINES_MAX),
    ]
    expect(long.map(file => `${file} has ${lines(file)} lines`)).toEqual([])
  })

  it(`functions have at most ${FUNCTION_LINES_MAX} lines`, () => {
    const long = complaints(SOURCES, node =>
      isFunction(node) && linesOf(node) > FUNCTION_LINES_MAX ? `has ${linesOf(node)} lines` : undefined,
    )
    expect(long).toEqual([])
  })

  it('files are named after what is in them, in kebab-case', () => {
    const banned = /^(utils?|helpers?|common|misc|types|constants|shared|lib)$/
    const odd = CODE.filter(file => {
      const name = (file.split('/').at(-1) ?? '').replace(/(\.[a-z]+)*\.m?ts$/, '')
      return banned.test(name) || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)
    })
    expect(odd).toEqual([])
  })
})

describe('time and chance arrive from outside:', () => {
  /** Their one home, and what may be used there. */
  const HOMES: Readonly<Record<string, readonly string[]>> = {
    'packages/runtime/src/system-clock.ts': ['Date.now', 'performance.now', 'setTimeout', 'clearTimeout'],
    'packages/runtime/src/chance.ts': ['Math.random', 'crypto.randomUUID', 'crypto.getRandomValues'],
    // The limit of an exchange is part of the platform's own fetch.
    'packages/runtime/src/fetch-transport.ts': ['AbortSignal.timeout'],
  }
  const AMBIENT =
    /^(Date\.now|performance\.now|Math\.random|crypto\.(randomUUID|getRandomValues)|(set|clear)(Timeout|Interval|Immediate)|queueMicrotask|AbortSignal\.timeout|process\..*)$/

  it('core and runtime do not ask the platform for them, except in one place', () => {
    const found = complaints(HERMETIC, node => {
      if (!ts.isPropertyAccessExpression(node) && !ts.isIdentifier(node)) return undefined
      if (ts.isIdentifier(node) && !ts.isCallExpression(node.parent)) return undefined
      const text = node.getText()
      const home = HOMES[node.getSourceFile().fileName] ?? []
      return AMBIENT.test(text) && !home.includes(text) ? `uses ${text}` : undefined
    })
    expect(found).toEqual([])
  })

  it('core makes no dates of the present', () => {
    const found = complaints(HERMETIC, node =>
      ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length
        ? 'makes a date'
        : undefined,
    )
    expect(found).toEqual([])
  })

  it('only the clock and programs for people own timers', () => {
    const owners =
      /^(packages\/runtime\/src\/system-clock|packages\/store-layers\/src\/platform-clock|packages\/store-redis\/src\/timing|packages\/call-limiter\/src\/system-timers|packages\/testkit\/|packages\/store-conformance\/|apps\/|tooling\/)/
    const found = complaints(
      SOURCES.filter(file => !owners.test(file)),
      node =>
        ts.isCallExpression(node) && /^set(Timeout|Interval)$/.test(node.expression.getText())
          ? 'owns a timer'
          : undefined,
    )
    expect(found).toEqual([])
  })
})

describe('no test sleeps:', () => {
  /** Tests, what stands beside them, and the tools that they use. Benchmarks measure, and may take their time. */
  const OF_TESTS = [...TESTS, ...SOURCES.filter(file => /^tooling\/(?!bench\/)/.test(file))]
  /** Where timers are, and why that keeps no test waiting for longer than it has to. */
  const HOMES: Readonly<Record<string, string>> = {
    'tooling/redis/src/eventually.ts': 'the pause between two looks at a condition',
    'tooling/redis/src/tcp-proxy.ts': 'a network that is slow on demand',
    'tooling/redis/test/programs/abandon-server.ts': 'a process that lives until it is killed',
    'tooling/sim/src/sim-pool.ts': 'a deadline, after which a program that hangs is told',
    'tooling/fuzz/test/pipelines.test.ts': 'a deadline, after which a call that hangs is told',
  }

  it('what tests wait for is an event, a condition or a clock that they move, and no timer', () => {
    const found = complaints(
      OF_TESTS.filter(file => HOMES[file] === undefined),
      timerUse,
    )
    expect(found).toEqual([])
  })

  it('a timer has a home only where there is one', () => {
    const unused = Object.keys(HOMES).filter(
      file => !OF_TESTS.includes(file) || complaints([file], timerUse).length === 0,
    )
    expect(unused).toEqual([])
  })

  it.each([
    "import { setTimeout } from 'node:timers/promises'; await setTimeout(50)",
    "import { setTimeout as pause } from 'node:timers/promises'; await pause(50)",
    "import { scheduler as s } from 'node:timers/promises'; await s.wait(50)",
    "import * as timers from 'node:timers/promises'; await timers.setTimeout(50)",
    'await new Promise(resolve => setTimeout(resolve, 50))',
    'await promisify(setTimeout)(50)',
    'socket.setTimeout(150, () => resolve("open"))',
    'for await (const _ of setInterval(50)) break',
    'Atomics.wait(cell, 0, 0, 50)',
    'await page.waitForTimeout(50)',
  ])('this is found: %s', sleep => {
    const found: string[] = []
    walk(parseText('sleepy.test.ts', sleep), node => {
      const complaint = timerUse(node)
      if (complaint !== undefined) found.push(complaint)
    })
    expect(found).not.toEqual([])
  })
})

describe('names tell:', () => {
  const SPAN =
    /(timeout|delay|interval|duration|ttl|age|lifetime|window|pause|budget|margin|skew|grace|latency|elapsed)$/i
  const INSTANT = /^(expires|expiry|issued|sent|started|created|stored|lapses|due|deadline)$/i

  it('the unit of a span, and that an instant is one', () => {
    const found = complaints(SOURCES, node => {
      if (!ts.isPropertySignature(node) && !ts.isPropertyDeclaration(node) && !ts.isParameter(node))
        return undefined
      if (node.type?.getText().replace(/ \| undefined$/, '') !== 'number') return undefined
      const name = node.name.getText()
      if (SPAN.test(name)) return `${name}: number of what? End it in its unit: ${name}Ms`
      return INSTANT.test(name) ? `${name}: a number? End it in At or Until` : undefined
    })
    expect(found).toEqual([])
  })

  it('what is a word of the wire: snake_case stays in messages', () => {
    const wire = /^packages\/core\/src\/(message|failure)\//
    const found = complaints(
      HERMETIC.filter(file => !wire.test(file)),
      node =>
        ts.isIdentifier(node) && /^[a-z]+[a-z0-9]*_[a-z]/.test(node.text)
          ? `is called ${node.text}`
          : undefined,
    )
    expect(found).toEqual([])
  })
})

describe('nothing is left lying about:', () => {
  it('no test is skipped or run alone, nothing is left to do, and no check is switched off', () => {
    const banned: readonly (readonly [RegExp, string])[] = [
      [/\b(it|test|describe)\.(only|skip|todo)\b/, 'a test that is skipped or alone'],
      [/\b(TODO|FIXME|XXX|HACK)\b/, 'something left to do'],
      [/@ts-(ignore|nocheck|expect-error)|biome-ignore|eslint-disable/, 'a check that is switched off'],
    ]
    const self = 'tooling/checks/test/tidy.test.ts'
    const found = CODE.filter(file => file !== self).flatMap(file =>
      readText(file)
        .split('\n')
        .flatMap((line, i) =>
          banned.filter(([pattern]) => pattern.test(line)).map(([, what]) => `${file}:${i + 1} ${what}`),
        ),
    )
    expect(found).toEqual([])
  })

  it('nothing is of any type', () => {
    expect(
      complaints(CODE, node => (node.kind === ts.SyntaxKind.AnyKeyword ? 'is of any type' : undefined)),
    ).toEqual([])
  })

  it('no text names a machine or a registry, and every text ends in a line break', () => {
    const machine = new RegExp(
      ['/(work|root|tmp|home)/[a-z]', 'registry\\.npm', 'node_modules/\\.pnpm'].join('|'),
    )
    const found = TEXTS.filter(file => file !== 'tooling/checks/test/tidy.test.ts').flatMap(file => {
      const text = readText(file)
      const places = text
        .split('\n')
        .flatMap((line, i) => (machine.test(line) ? [`${file}:${i + 1} names a place`] : []))
      if (!text.endsWith('\n') || text.includes('\r')) places.push(`${file} has odd line ends`)
      return places
    })
    expect(found).toEqual([])
  })

  it('no commit leaves a debugging aid behind', () => {
    const found = complaints(
      SOURCES.filter(file => file.startsWith('packages/')),
      node =>
        ts.isDebuggerStatement(node) || (ts.isIdentifier(node) && node.text === 'console')
          ? 'talks'
          : undefined,
    )
    expect(found).toEqual([])
  })
})
