/**
 * Long texts about every failure and every event: for documentation and for tools that explain, and for nothing that
 * runs in production, which is why they have an entry of their own.
 *
 * @packageDocumentation
 */
export { EVENT_GUIDE } from './events/evergrant-event.ts'
export { FAILURE_GUIDE, type FailureGuidance } from './failure/failure-guide.ts'
