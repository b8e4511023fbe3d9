/**
 * Who may connect to what listens.
 *
 * @packageDocumentation
 */
export { type AllowList, allowList } from './allow-list.ts'
export { type AdmitOptions, type Admission, admitOnly } from './admit-only.ts'
