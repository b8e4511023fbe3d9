import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { atMost, type Bench } from './bench.ts'
import { LIBRARIES, type LibraryName } from './library.ts'
import { sourceOf } from './programs.ts'

const GZIP_KB_MAX = 12

/** What a minimal program weighs, bundled with everything it needs but Node itself. */
export const bundleSize: Bench = {
  name: 'bundle-size',
  title: 'The size of a minimal program',
  method:
    'The minimal program that gets one token, bundled for Node with all that it needs, minified, and compressed ' +
    'by gzip at level 9. A kB is 1,000 bytes.',

  async run() {
    const rows: [LibraryName, number, number][] = []
    for (const library of LIBRARIES) {
      const { minifiedBytes, gzipBytes } = await bundle(library)
      rows.push([library, gzipBytes / 1000, minifiedBytes / 1000])
    }
    const [[, ours]] = rows as [[LibraryName, number, number]]
    return {
      tables: [
        {
          title: 'A program that gets one token',
          columns: [
            { heading: '' },
            { heading: 'kB min+gzip', digits: 1 },
            { heading: 'kB minified', digits: 1 },
          ],
          rows,
        },
      ],
      goals: [atMost('The program that gets one Baidu token', ours, GZIP_KB_MAX, 'kB')],
    }
  },
}

/** The size of a library's program, all chunks together. */
export async function bundle(
  library: LibraryName,
): Promise<{ readonly minifiedBytes: number; readonly gzipBytes: number }> {
  const bundled = await rolldown({ input: sourceOf(library), platform: 'node', logLevel: 'silent' })
  const { output } = await bundled.generate({ format: 'esm', minify: true })
  await bundled.close()
  const codes = output.flatMap(chunk => (chunk.type === 'chunk' ? [Buffer.from(chunk.code)] : []))
  const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0)
  return {
    minifiedBytes: sum(codes.map(code => code.length)),
    gzipBytes: sum(codes.map(code => gzipSync(code, { level: 9 }).length)),
  }
}
