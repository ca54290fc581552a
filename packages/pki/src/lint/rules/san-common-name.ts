import type { GeneralName } from '../../x509/general-name.ts'
import { commonName } from '../../x509/name.ts'
import { alternativeNames } from '../alternative-name.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** The commonName of a TLS server is one of its hosts. */
export const sanCommonName: LintRule = {
  id: 'san-common-name',
  severity: 'warning',
  source: 'CA/Browser Forum BR §7.1.4.3',
  profiles: ['tls-server'],
  check: (subject) => {
    const name = commonName(subject.certificate.subject)
    const hosts = alternativeNames(subject).map(hostText)
    return when(name !== undefined && !hosts.includes(name.toLowerCase()), 'has a commonName that is none of its hosts')
  },
}

function hostText(name: GeneralName): string {
  if (name.type === 'dNSName') return name.value.toLowerCase()
  return name.type === 'iPAddress' ? addressText(name.value) : ''
}

function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) return ''
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] as number) << 8) | (bytes[index * 2 + 1] as number)).toString(16),
  )
  // The URL of an address has its shortest form (RFC 5952).
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
