import { isKnownExtension } from '../known-extension.ts'
import type { LintRule } from '../lint-rule.ts'

/** Readers refuse a critical extension that they do not know. */
export const extensionCriticalUnknown: LintRule = {
  id: 'extension-critical-unknown',
  severity: 'error',
  source: 'RFC 5280 §4.2',
  check: ({ certificate: { extensions } }) => {
    const wrong = extensions.find(({ id, critical }) => critical && !isKnownExtension(id))
    return wrong && `has the critical extension ${wrong.id}, which readers will refuse`
  },
}
