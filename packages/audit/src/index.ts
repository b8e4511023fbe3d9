/**
 * An audit log of every use of a key and every token event.
 *
 * @packageDocumentation
 */
export type { AuditDetail, AuditEntry, AuditRecord, AuditWriter } from './audit-entry.ts'
export type { AuditHead } from './audit-head.ts'
export { type AuditLog, type AuditLogOptions, auditLog } from './audit-log.ts'
export { type AuditReport, auditReport, type KeyReport } from './audit-report.ts'
export {
  type AuditProblem,
  type AuditVerdict,
  type ChainVerdict,
  type VerifyOptions,
  verifyAudit,
} from './verify-audit.ts'
