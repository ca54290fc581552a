import { wrongAlternative } from '../alternative-name.ts'
import { isHostName } from '../host-name.ts'
import type { LintRule } from '../lint-rule.ts'

/** RFC 3986 §2: all the characters that a URI is made of, and octets in hexadecimal. */
const CHARACTERS = "(?:[A-Za-z0-9\\-._~:/?#[\\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+"
const URI = new RegExp(`^[A-Za-z][A-Za-z0-9+.-]*:${CHARACTERS}$`)
const AUTHORITY = /^[^:]+:\/\/([^/?#]*)/

/** A URI is absolute, and names a host where it has a place for one. */
export const sanUri: LintRule = {
  id: 'san-uri',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.6; RFC 3986',
  check: (subject) =>
    wrongAlternative(
      subject,
      (name) => name.type === 'uniformResourceIdentifier' && !isUri(name.value),
      'is no absolute URI, or names no host where it should',
    ),
}

function isUri(value: string): boolean {
  if (!URI.test(value)) return false
  const authority = AUTHORITY.exec(value)?.[1]
  if (authority === undefined) return true
  const host = authority.replace(/^[^@]*@/, '').replace(/:\d*$/, '')
  return isHostName(host) || ((host.startsWith('[') || /^[\d.]+$/.test(host)) && URL.canParse(`http://${host}`))
}
