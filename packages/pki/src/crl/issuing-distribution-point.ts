/** What part of an issuer's certificates a revocation list is about. RFC 5280 §5.2.5. */
import { type Der, der } from '@countersign/codec'
import { oids } from '../object-identifiers.ts'
import type { Extension } from '../x509/extension.ts'
import { DistributionPointName } from '../x509/extension-values.ts'

/**
 *     IssuingDistributionPoint ::= SEQUENCE {
 *       distributionPoint [0] DistributionPointName OPTIONAL, onlyContainsUserCerts [1] BOOLEAN DEFAULT FALSE,
 *       onlyContainsCACerts [2] BOOLEAN DEFAULT FALSE, onlySomeReasons [3] ReasonFlags OPTIONAL,
 *       indirectCRL [4] BOOLEAN DEFAULT FALSE, onlyContainsAttributeCerts [5] BOOLEAN DEFAULT FALSE }
 */
export type IssuingDistributionPoint = {
  readonly distributionPoint?: DistributionPointName
  readonly onlyContainsUserCerts: boolean
  readonly onlyContainsCACerts: boolean
  readonly onlySomeReasons?: ReadonlySet<number>
  readonly indirectCRL: boolean
  readonly onlyContainsAttributeCerts: boolean
}
/** The DER codec of IssuingDistributionPoint, RFC 5280 §5.2.5. */
export const IssuingDistributionPoint: Der<IssuingDistributionPoint> = der.sequence<IssuingDistributionPoint>({
  distributionPoint: der.optional(der.explicit(0, DistributionPointName)),
  onlyContainsUserCerts: der.withDefault(der.implicit(1, der.boolean), false),
  onlyContainsCACerts: der.withDefault(der.implicit(2, der.boolean), false),
  onlySomeReasons: der.optional(der.implicit(3, der.namedBits)),
  indirectCRL: der.withDefault(der.implicit(4, der.boolean), false),
  onlyContainsAttributeCerts: der.withDefault(der.implicit(5, der.boolean), false),
})

/** What a list published here may say of its scope. RFC 5280 §5.2.5. */
export type RevocationListScope = {
  /** Where the list is published: one of the URLs is in the certificates' own distribution points. */
  readonly urls?: readonly string[]
  readonly only?: 'users' | 'authorities'
}

/** The extension, critical as it must be. RFC 5280 §5.2.5. */
export function issuingDistributionPointExtension({ urls = [], only }: RevocationListScope): Extension {
  return {
    id: oids.issuingDistributionPoint,
    critical: true,
    value: IssuingDistributionPoint.encode({
      ...(urls.length > 0 && {
        distributionPoint: {
          type: 'fullName',
          value: urls.map((value) => ({ type: 'uniformResourceIdentifier', value })),
        },
      }),
      onlyContainsUserCerts: only === 'users',
      onlyContainsCACerts: only === 'authorities',
      indirectCRL: false,
      onlyContainsAttributeCerts: false,
    }),
  }
}
