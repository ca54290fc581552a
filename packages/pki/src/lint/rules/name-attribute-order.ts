import { compareBytes, der } from '@countersign/codec'
import { type LintRule, when } from '../lint-rule.ts'

/** Attributes that stand side by side are a SET OF, which DER puts in order. */
export const nameAttributeOrder: LintRule = {
  id: 'name-attribute-order',
  severity: 'error',
  source: 'X.690 §11.6',
  check: ({ certificate: { subject, issuer } }) =>
    when(
      [...subject, ...issuer].some((rdn) => {
        if (rdn.length === 1) return false
        const written = rdn.map(({ type, bytes }) => der.writeElement(0x30, [der.oid.encode(type), bytes]))
        return written.some((one, index) => index > 0 && compareBytes(written[index - 1] as Uint8Array, one) > 0)
      }),
      'has attributes side by side that are not in the order of DER',
    ),
}
