import { library } from '../../tooling/tsdown/library.ts'

export default library({ index: 'src/index.ts', calls: 'src/calls.ts' })
