/** The sentences with which the Cloud Signature Consortium's API refuses: programs compare them (CSC §11). */
import { Refusal } from './refusal.ts'
import type { UnusableCredential } from './signing-credential.ts'

/** A refusal with one of its sentences. */
export function refused(sentence: string): Refusal {
  return new Refusal('invalid', 'invalid_request', sentence)
}

export function missing(type: 'string' | 'integer' | 'array' | 'boolean', parameter: string): Refusal {
  return refused(`Missing (or invalid type) ${type} parameter ${parameter}`)
}

export function invalid(parameter: string): Refusal {
  return refused(`Invalid parameter ${parameter}`)
}

/** The refusal of a credential that may not sign now. */
export function unusable({ fault }: UnusableCredential): Refusal {
  if (fault === 'disabled') return refused('The credential identified by credentialID is disabled')
  return fault === 'expired' ? refused('Signing certificate is expired') : invalid('credentialID')
}
