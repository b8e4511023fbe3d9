import { library } from '../../tooling/tsdown/library.ts'

export default library({
  index: 'src/index.ts',
  anomalies: 'src/anomalies.ts',
  calls: 'src/calls.ts',
  flows: 'src/flows.ts',
  node: 'src/node/index.ts',
})
