/** Findings: what a validator says about one box. C2PA 2.2 §15.2.1. */
import { type FindingKind, type StatusCode, statusCodes } from './status-code.ts'

/** One statement of the validator: a status code about the box that `url` names. C2PA 2.2 §15.2.1. */
export type Finding = {
  readonly code: StatusCode
  readonly kind: FindingKind
  /** JUMBF URI of the box. */
  readonly url: string
  readonly explanation: string
}

/** Enough for people; what is quoted comes from outside. */
const LONGEST_EXPLANATION = 1000

/** A finding with the code's own kind; without an explanation, with the code's own too. */
export function finding(code: StatusCode, url: string, explanation?: string): Finding {
  const known = statusCodes[code]
  return { code, kind: known.kind, url, explanation: explanation?.slice(0, LONGEST_EXPLANATION) ?? known.explanation }
}

/** Whether any of the findings rejects the manifest. */
export function hasFailure(findings: readonly Finding[]): boolean {
  return findings.some(({ kind }) => kind === 'failure')
}
