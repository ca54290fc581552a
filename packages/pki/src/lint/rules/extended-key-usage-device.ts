import { oids } from '../../object-identifiers.ts'
import { extendedKeyUsage } from '../../x509/certificate-extensions.ts'
import type { LintRule } from '../lint-rule.ts'

/** What no device may be given, whatever its profile asks for: these purposes are the platform's own. */
const NOT_FOR_DEVICES: readonly string[] = [
  oids.timeStamping,
  oids.ocspSigning,
  oids.c2paClaimSigning,
  // Who verifies content believes these two as well. C2PA 2.2 §14.4.1.
  oids.emailProtection,
  oids.documentSigning,
  oids.codeSigning,
]

/** No device has a purpose that is the platform’s own. */
export const extendedKeyUsageDevice: LintRule = {
  id: 'extended-key-usage-device',
  severity: 'error',
  source: 'countersign: no device signs for the platform',
  profiles: ['device'],
  check: ({ certificate }) => {
    const wrong = extendedKeyUsage(certificate)?.find((purpose) => NOT_FOR_DEVICES.includes(purpose))
    return wrong && `is a device's and for ${wrong}`
  },
}
