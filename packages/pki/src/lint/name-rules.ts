/** Lints of the subject and of the alternative names. */
import { oids } from '../object-identifiers.ts'
import { findExtension, subjectAlternativeName } from '../x509/certificate-extensions.ts'
import type { GeneralName } from '../x509/general-name.ts'
import { type Attribute, attributeValue, commonName, organization } from '../x509/name.ts'
import { AUTHORITIES, END_ENTITIES, type LintRule, type LintSubject, when } from './lint-rule.ts'

/** Upper bounds of Appendix A.1, in characters. */
const LONGEST: { readonly [type: string]: number } = {
  [oids.commonName]: 64,
  [oids.organizationName]: 64,
  [oids.organizationalUnitName]: 64,
  [oids.localityName]: 128,
  [oids.stateOrProvinceName]: 128,
  [oids.serialNumber]: 64,
  [oids.title]: 64,
  [oids.emailAddress]: 255,
}

/** The lints of the subject and the alternative names. */
export const nameRules: readonly LintRule[] = [
  {
    id: 'issuer-not-empty',
    severity: 'error',
    source: 'RFC 5280 §4.1.2.4',
    check: ({ certificate }) => when(certificate.issuer.length === 0, 'has an empty issuer'),
  },
  {
    id: 'subject-authority-not-empty',
    severity: 'error',
    source: 'RFC 5280 §4.1.2.6',
    profiles: AUTHORITIES,
    check: ({ certificate }) => when(certificate.subject.length === 0, 'is an authority with an empty subject'),
  },
  {
    id: 'subject-empty-critical-san',
    severity: 'error',
    source: 'RFC 5280 §4.1.2.6',
    profiles: END_ENTITIES,
    check: ({ certificate }) =>
      when(
        certificate.subject.length === 0 && findExtension(certificate, oids.subjectAltName)?.critical !== true,
        'has an empty subject and no critical subjectAltName',
      ),
  },
  {
    id: 'subject-content-signing',
    severity: 'error',
    source: 'C2PA certificate profiles, claim signing',
    profiles: ['content-signing'],
    check: ({ certificate: { subject } }) =>
      when(
        commonName(subject) === undefined || organization(subject) === undefined,
        'has a subject without commonName or organizationName',
      ),
  },
  {
    id: 'subject-content-signing-country',
    severity: 'warning',
    source: 'C2PA certificate profiles, claim signing',
    profiles: ['content-signing'],
    check: ({ certificate: { subject } }) =>
      when(attributeValue(subject, oids.countryName) === undefined, 'has a subject without countryName'),
  },
  {
    id: 'subject-attribute-length',
    severity: 'error',
    source: 'RFC 5280 Appendix A.1',
    check: attributes(({ type, value }) => {
      const length = [...value].length
      return length === 0 || length > (LONGEST[type] ?? 32768)
    }, 'is empty or too long'),
  },
  {
    id: 'subject-country',
    severity: 'error',
    source: 'RFC 5280 Appendix A.1; ISO 3166-1',
    check: attributes(({ type, value }) => type === oids.countryName && !/^[A-Z]{2}$/.test(value), 'is no country'),
  },
  {
    id: 'subject-attribute-encoding',
    severity: 'error',
    source: 'RFC 5280 §4.1.2.4',
    check: attributes(
      ({ encoding, value }) =>
        !['utf8', 'printable', 'ia5'].includes(encoding) ||
        (encoding === 'printable' && !/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value)),
      'is not the UTF8String or PrintableString it should be',
    ),
  },
  {
    id: 'subject-attribute-control-characters',
    severity: 'error',
    source: 'CA/Browser Forum BR §7.1.4.2',
    check: attributes(({ value }) => /\p{Cc}/u.test(value), 'has control characters'),
  },
  {
    id: 'subject-attribute-white-space',
    severity: 'warning',
    source: 'RFC 5280 §7.1',
    check: attributes(({ value }) => value.trim() !== value, 'begins or ends with white space'),
  },
  {
    id: 'san-tls-server',
    severity: 'error',
    source: 'CA/Browser Forum BR §7.1.2.7.12',
    profiles: ['tls-server'],
    check: (subject) =>
      when(!alternatives(subject).some(({ type }) => type === 'dNSName' || type === 'iPAddress'), 'names no host'),
  },
  {
    id: 'san-not-empty',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.6',
    check: ({ certificate }) =>
      when(subjectAlternativeName(certificate)?.length === 0, 'has a subjectAltName without names'),
  },
  {
    id: 'san-common-name',
    severity: 'warning',
    source: 'CA/Browser Forum BR §7.1.4.3',
    profiles: ['tls-server'],
    check: (subject) => {
      const name = commonName(subject.certificate.subject)
      const hosts = alternatives(subject).map(hostText)
      return when(
        name !== undefined && !hosts.includes(name.toLowerCase()),
        'has a commonName that is none of its hosts',
      )
    },
  },
  {
    id: 'san-dns-name',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.6; RFC 1034 §3.5; RFC 6125 §6.4.3',
    check: (subject) =>
      firstWrong(subject, (name) => name.type === 'dNSName' && !isHost(name.value), 'is no host name'),
  },
  {
    id: 'san-ip-address',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.6',
    check: (subject) =>
      firstWrong(
        subject,
        (name) => name.type === 'iPAddress' && name.value.length !== 4 && name.value.length !== 16,
        'is neither of 4 nor of 16 octets',
      ),
  },
  {
    id: 'san-rfc822-name',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.6',
    check: (subject) =>
      firstWrong(
        subject,
        (name) => name.type === 'rfc822Name' && !(/^[^\s@<>]{1,64}@/.test(name.value) && isHost(afterAt(name.value))),
        'is no mailbox',
      ),
  },
  {
    id: 'san-uri',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.6',
    check: (subject) =>
      firstWrong(
        subject,
        (name) =>
          name.type === 'uniformResourceIdentifier' && !/^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/.test(name.value),
        'is no absolute URI',
      ),
  },
]

function attributes(isWrong: (attribute: Attribute) => boolean, what: string): LintRule['check'] {
  return ({ certificate: { subject } }) => {
    const wrong = subject.flat().find(isWrong)
    return wrong && `has the subject attribute ${wrong.type}, which ${what}`
  }
}

function alternatives({ certificate }: LintSubject): readonly GeneralName[] {
  return subjectAlternativeName(certificate) ?? []
}

function firstWrong(subject: LintSubject, isWrong: (name: GeneralName) => boolean, what: string): string | undefined {
  const wrong = alternatives(subject).find(isWrong)
  return wrong && `has a ${wrong.type} in its subjectAltName that ${what}`
}

const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const HOST = new RegExp(`^(?:\\*\\.${LABEL}\\.)?${LABEL}(?:\\.${LABEL})*$`)

/** One label will do, since private hosts have such names. */
function isHost(value: string): boolean {
  return value.length <= 253 && HOST.test(value)
}

function afterAt(value: string): string {
  return value.slice(value.indexOf('@') + 1)
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
