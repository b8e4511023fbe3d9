import { library } from '../../tooling/tsdown/library.ts'

export default library({ index: 'src/index.ts', node: 'src/node/index.ts' })
