/** Name constraints, RFC 5280 §4.2.1.10: what names the certificates below an authority may hold. */
import { equalBytes } from '@countersign/codec'
import { oids } from '../object-identifiers.ts'
import type { Certificate } from '../x509/certificate.ts'
import { subjectAlternativeName } from '../x509/certificate-extensions.ts'
import type { GeneralSubtree, NameConstraints } from '../x509/extension-values.ts'
import type { GeneralName } from '../x509/general-name.ts'
import { isWithin, nameText } from '../x509/name.ts'

/** Names times subtrees that one path may cost: more than any real path, less than what keeps a processor busy. */
const MOST_COMPARISONS = 100_000

/** What a certificate's names do against the constraints above it; undefined when nothing. */
export function nameConstraintViolation(
  certificate: Certificate,
  constraints: readonly NameConstraints[],
): string | undefined {
  if (constraints.length === 0) return undefined
  const names = namesOf(certificate)
  const subtrees = constraints.reduce(
    (count, { permittedSubtrees, excludedSubtrees }) =>
      count + (permittedSubtrees?.length ?? 0) + (excludedSubtrees?.length ?? 0),
    0,
  )
  if (names.length * subtrees > MOST_COMPARISONS) return 'has too many names for the name constraints above it'
  for (const constraint of constraints) {
    const violation = violationOf(names, constraint)
    if (violation !== undefined) return violation
  }
  return undefined
}

function violationOf(
  names: readonly GeneralName[],
  { permittedSubtrees = [], excludedSubtrees = [] }: NameConstraints,
): string | undefined {
  for (const name of names) {
    const permitted = permittedSubtrees.filter(({ base }) => base.type === name.type)
    const excluded = excludedSubtrees.filter(({ base }) => base.type === name.type)
    if (permitted.length === 0 && excluded.length === 0) continue
    const match = MATCHERS[name.type]
    if (!match) return `has a ${name.type}, and the constraints on those can't be judged`
    if ([...permitted, ...excluded].some(({ minimum, maximum }) => minimum !== 0 || maximum !== undefined))
      return 'is under name constraints with a minimum or a maximum, which RFC 5280 rules out'
    if (permitted.length > 0 && !permitted.some((subtree) => judge(match, name, subtree) === 'within'))
      return `has a name outside of what is permitted: ${generalNameText(name)}`
    // A name or a subtree that can't be made sense of counts as excluded.
    if (excluded.some((subtree) => judge(match, name, subtree, true) !== 'outside'))
      return `has a name that is excluded: ${generalNameText(name)}`
  }
  return undefined
}

/** All the names that constraints are about, the subject among them, and e-mail addresses in it. */
function namesOf(certificate: Certificate): GeneralName[] {
  const { subject } = certificate
  const names: GeneralName[] = subject.length > 0 ? [{ type: 'directoryName', value: subject }] : []
  for (const { type, value } of subject.flat())
    if (type === oids.emailAddress) names.push({ type: 'rfc822Name', value })
  return [...names, ...(subjectAlternativeName(certificate) ?? [])]
}

/** `senseless` is a name or a subtree that means nothing. For an exclusion, a wildcard is within with any host it covers. */
type Verdict = 'within' | 'outside' | 'senseless'
type Matcher = (name: never, base: never, isExclusion: boolean) => Verdict

const MATCHERS: { readonly [T in GeneralName['type']]?: Matcher } = {
  dNSName: dnsNameVerdict,
  rfc822Name: rfc822NameVerdict,
  directoryName: (name: Parameters<typeof isWithin>[0], base: Parameters<typeof isWithin>[0]) =>
    isWithin(name, base) ? 'within' : 'outside',
  uniformResourceIdentifier: uriVerdict,
  iPAddress: ipAddressVerdict,
}

function judge(match: Matcher, name: GeneralName, { base }: GeneralSubtree, isExclusion = false): Verdict {
  return match(name.value as never, base.value as never, isExclusion)
}

const HOST = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.)*[a-z0-9_][a-z0-9_-]{0,62}$/

function dnsNameVerdict(name: string, base: string, isExclusion: boolean): Verdict {
  const host = name.toLowerCase()
  const isWildcard = host.startsWith('*.')
  const plain = isWildcard ? host.slice(2) : host
  const domain = base.toLowerCase()
  if (!HOST.test(plain) || (domain !== '' && !HOST.test(domain.replace(/^\./, '')))) return 'senseless'
  // A leading dot, which RFC 5280 does not give host names, is taken as it is for the other forms: hosts below only.
  if (isBelow(host, domain)) return 'within'
  const bare = domain.replace(/^\./, '')
  // What the wildcard stands for may be the excluded host itself, one label below the wildcard's domain.
  if (isWildcard && isExclusion && bare.endsWith(`.${plain}`) && !bare.slice(0, -plain.length - 1).includes('.'))
    return 'within'
  return 'outside'
}

/** Whether a host is the domain or below it; with a leading dot, only below it. The empty domain holds all. */
function isBelow(host: string, domain: string): boolean {
  if (domain === '') return true
  if (domain.startsWith('.')) return host.endsWith(domain) && host.length > domain.length
  return host === domain || host.endsWith(`.${domain}`)
}

function rfc822NameVerdict(name: string, base: string): Verdict {
  const at = name.lastIndexOf('@')
  const host = name.slice(at + 1).toLowerCase()
  if (at < 1 || !HOST.test(host)) return 'senseless'
  const baseAt = base.lastIndexOf('@')
  const domain = base.slice(baseAt + 1).toLowerCase()
  if (domain !== '' && !HOST.test(domain.replace(/^\./, ''))) return 'senseless'
  // A mailbox is that mailbox, its local part case by case.
  if (baseAt >= 0) return name.slice(0, at) === base.slice(0, baseAt) && host === domain ? 'within' : 'outside'
  return hostVerdict(host, domain)
}

function uriVerdict(name: string, base: string): Verdict {
  // The authority is read by hand, since URL would mend what others take as it stands.
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#\\]*)/i.exec(name)?.[1]
  const host = authority
    ?.slice(authority.lastIndexOf('@') + 1)
    .replace(/:\d*$/, '')
    .toLowerCase()
  const domain = base.toLowerCase()
  // An address in place of a host can't be judged (RFC 5280 §4.2.1.10).
  if (host === undefined || !HOST.test(host) || /^[\d.]+$/.test(host)) return 'senseless'
  if (domain !== '' && !HOST.test(domain.replace(/^\./, ''))) return 'senseless'
  return hostVerdict(host, domain)
}

/** Mail and URI: without a leading dot it is that very host, with one any host below. */
function hostVerdict(host: string, domain: string): Verdict {
  if (domain === '' || domain.startsWith('.')) return isBelow(host, domain) ? 'within' : 'outside'
  return host === domain ? 'within' : 'outside'
}

function ipAddressVerdict(name: Uint8Array, base: Uint8Array): Verdict {
  if ((name.length !== 4 && name.length !== 16) || (base.length !== 8 && base.length !== 32)) return 'senseless'
  if (base.length !== name.length * 2) return 'outside'
  const mask = base.subarray(name.length)
  if (!isPrefixMask(mask)) return 'senseless'
  const masked = (address: Uint8Array): Uint8Array => address.map((byte, index) => byte & (mask[index] as number))
  return equalBytes(masked(name), masked(base.subarray(0, name.length))) ? 'within' : 'outside'
}

function isPrefixMask(mask: Uint8Array): boolean {
  const bits = [...mask].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return /^1*0*$/.test(bits)
}

function generalNameText(name: GeneralName): string {
  if (name.type === 'directoryName') return nameText(name.value)
  return typeof name.value === 'string' ? name.value : name.type
}
