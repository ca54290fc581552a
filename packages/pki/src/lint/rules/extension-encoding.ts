import { isInOneEncoding } from '../known-extension.ts'
import type { LintRule } from '../lint-rule.ts'

/** The value of each extension that is known is in its one DER encoding. */
export const extensionEncoding: LintRule = {
  id: 'extension-encoding',
  severity: 'error',
  source: 'RFC 5280 §4.2; X.690 §11',
  check: ({ certificate: { extensions } }) => {
    const wrong = extensions.find((extension) => !isInOneEncoding(extension))
    return wrong && `has a malformed extension ${wrong.id}`
  },
}
