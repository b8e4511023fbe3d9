/**
 * Who may connect to what listens.
 *
 * @packageDocumentation
 */

export { type Admission, type AdmitOptions, admitOnly } from './admit-only.ts'
export { type AllowList, allowList } from './allow-list.ts'
