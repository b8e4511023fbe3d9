/**
 * What every store of Evergrant must do.
 *
 * The kit is data: a list of clauses, each a sentence and a function. It knows no test runner; an adapter maps
 * the list to tests of its own, and its own test file holds only what is peculiar to it. A layer (a store made
 * of stores) must pass the same list.
 *
 * @packageDocumentation
 */
export { type Bench, type Clause, ConformanceError, type Need, type Subject } from './clause.ts'
export { CLAUSES, type ConformanceTest, conformance } from './conformance.ts'
