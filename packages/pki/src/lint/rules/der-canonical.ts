import { type Der, der } from '@countersign/codec'
import type { Certificate } from '../../x509/certificate.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** What is signed spells out no default: all else that DER leaves open, decoding refuses or another lint finds. */
export const derCanonical: LintRule = {
  id: 'der-canonical',
  severity: 'error',
  source: 'X.690 §11.5',
  check: ({ certificate }) => when(spellsOutDefaults(certificate), 'is not in its one DER encoding'),
}

type Element = Parameters<Der<unknown>['fromElement']>[0]

function spellsOutDefaults({ tbs, version }: Certificate): boolean {
  const elements = der.elementsOf(der.onlyElement(tbs))
  if (version === 1 && elements[0]?.tag === 0xa0) return true
  const wrapped = elements.findLast(({ tag }) => tag === 0xa3)
  if (!wrapped) return false
  const extensions = der.elementsOf(der.elementsOf(wrapped)[0] as Element)
  return extensions.length === 0 || extensions.some(saysNotCritical)
}

function saysNotCritical(extension: Element): boolean {
  const [, critical] = der.elementsOf(extension)
  return critical?.tag === 0x01 && critical.content[0] === 0
}
