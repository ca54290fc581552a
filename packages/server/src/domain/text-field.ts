import { Refusal } from './refusal.ts'

/** A text without the spaces around it: what people see in lists stays on one line. */
export function lineText(field: string, text: string, least: number, most: number): string {
  const trimmed = text.trim()
  const length = Array.from(trimmed).length
  if (length >= least && length <= most && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(trimmed)) return trimmed
  throw new Refusal('invalid', 'invalid_request', `${field}: ${least} to ${most} characters on one line.`)
}

/** An e-mail address, which may go into a header of a mail as it is. */
export function addressText(text: string): string {
  if (text.length <= 254 && /^[^\s@<>"(),:;\\[\]\p{Cc}\p{Cf}]+@[\p{L}\p{N}.-]+$/u.test(text)) return text
  throw new Refusal('invalid', 'invalid_request', 'email: write it as name@example.com.')
}

/** Language and country. */
export function localeText(text: string): string {
  if (/^[a-z]{2,3}_[A-Z]{2}$/.test(text)) return text
  throw new Refusal('invalid', 'invalid_request', 'locale: write it as en_US.')
}
