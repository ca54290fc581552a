import { wrongAlternative } from '../alternative-name.ts'
import { isHostName } from '../host-name.ts'
import type { LintRule } from '../lint-rule.ts'

/** RFC 5321 §4.1.2: a Dot-string of at most 64 characters; quotes and comments are what readers disagree on. */
const LOCAL_PART = /^(?=.{1,64}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/

/** An rfc822Name is a mailbox and nothing else. */
export const sanRfc822Name: LintRule = {
  id: 'san-rfc822-name',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.6; RFC 5321 §4.1.2',
  check: (subject) =>
    wrongAlternative(subject, (name) => name.type === 'rfc822Name' && !isMailbox(name.value), 'is no mailbox'),
}

function isMailbox(value: string): boolean {
  const at = value.indexOf('@')
  const host = value.slice(at + 1)
  return at > 0 && LOCAL_PART.test(value.slice(0, at)) && !host.startsWith('*') && isHostName(host)
}
