import { program } from '../../tooling/tsdown/library.ts'

export default program({ main: 'src/main.ts' })
