/** Bytes from outside say how often their password is to be hashed: this is how much of that is done for one file. */
import { PkiError } from '../error.ts'

/** What is left to spend. */
export type IterationBudget = { left: number }

/** Takes iterations from the budget; throws PkiError when it is exhausted, or the number is none. */
export function spend(budget: IterationBudget, iterations: number): void {
  if (!(iterations >= 1)) throw new PkiError('malformed', `${iterations} iterations`)
  budget.left -= iterations
  if (budget.left < 0) throw new PkiError('unsupported', `more iterations than are done for one file: ${iterations}`)
}
