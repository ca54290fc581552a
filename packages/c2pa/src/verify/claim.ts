/** Locating and validating the claim. C2PA 2.2 §15.6. */
import { C2paError } from '../c2pa-error.ts'
import { type CborObject, type CborValue, cborField, decodeCbor, isCborObject } from '../cbor.ts'
import type { ClaimBox, Manifest } from '../manifest/store.ts'
import { type Finding, finding } from '../report/finding.ts'
import { type HashedUri, hashedUri } from './hashed-uri.ts'
import { manifestUri } from './verification.ts'

/** A reference from the claim to one of its assertions. */
export type AssertionReference = HashedUri & { readonly created: boolean }

/** A claim of either version, as far as validation needs it. C2PA 2.2 §10.2. */
export type Claim = {
  readonly version: 1 | 2
  readonly uri: string
  /** The CBOR that is signed. */
  readonly bytes: Uint8Array
  readonly fields: CborObject
  /** JUMBF URI of the signature. */
  readonly signature: string
  /** The hash of references that name none. */
  readonly algorithm?: string
  /** Created ones first, each list in its order. */
  readonly assertions: readonly AssertionReference[]
  readonly redactedAssertions: readonly string[]
}

/** Every real claim has fewer, and a validator must end. */
const MOST_ASSERTIONS = 10_000

/** `urn:c2pa:` or the older `urn:uuid:`, then a UUID; before it may stand the generator's name, after it that, and a version with its reason. C2PA 2.2 §8.2. */
const MANIFEST_LABEL = /^(?:[^:/]+:)?urn:(?:c2pa|uuid):[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?::[^:]*){0,2}$/i

/** Of the specification that the claim says it is made by, as far as it says so: from 2.3 on some codes have other names. C2PA 2.4 §10.2.3. */
export function isOfVersion({ fields }: Claim, major: number, minor: number): boolean {
  const version = cborField(cborField(fields, 'claim_generator_info'), 'specVersion')
  const [, first, second] = typeof version === 'string' ? (/^(\d{1,4})\.(\d{1,4})(?:\.|$)/.exec(version) ?? []) : []
  return Number(first) > major || (Number(first) === major && Number(second) >= minor)
}

type Located = { readonly claim: Claim | undefined; readonly findings: readonly Finding[] }

const located = new WeakMap<Manifest, Located>()

/** The manifest's claim; undefined, with the reason among the findings, when it has none that can be used. Read once. */
export function locateClaim(manifest: Manifest, findings: Finding[]): Claim | undefined {
  let known = located.get(manifest)
  if (!known) {
    const found: Finding[] = []
    known = { claim: readClaim(manifest, found), findings: found }
    located.set(manifest, known)
  }
  findings.push(...known.findings)
  return known.claim
}

function readClaim(manifest: Manifest, findings: Finding[]): Claim | undefined {
  const uri = manifestUri(manifest)
  const claims = manifest.claims.filter(({ version }) => version !== undefined)
  const [box] = claims
  if (claims.length > 1) findings.push(finding('claim.multiple', uri))
  if (!box) {
    const other = manifest.claims[0]
    findings.push(
      finding('claim.missing', uri, other ? `claims labelled ${other.label} are not known here` : 'claim missing'),
    )
    return undefined
  }
  const claimUri = `${uri}/${box.label}`
  try {
    const fields = decodeCbor(box.bytes, { budget: box.box.items })
    if (!isCborObject(fields)) throw new Malformed('the claim is not a map')
    const claim = box.version === 1 ? claimV1(box, claimUri, fields) : claimV2(box, claimUri, fields)
    if (claim.version === 2 && !MANIFEST_LABEL.test(manifest.label))
      findings.push(finding('claim.malformed', uri, 'claim box label invalid'))
    if (claim.version === 2 && cborField(cborField(fields, 'claim_generator_info'), 'name') === '')
      findings.push(finding('claim.malformed', claimUri, 'the name of the claim generator is empty'))
    return claim
  } catch (error) {
    if (error instanceof C2paError) findings.push(finding('claim.cbor.invalid', claimUri, error.message))
    else if (error instanceof Malformed) findings.push(finding('claim.malformed', claimUri, error.message))
    else throw error
    return undefined
  }
}

class Malformed extends Error {}

/** C2PA 2.2 §10.2.1, `claim-map-v2`. */
function claimV2(box: ClaimBox, uri: string, fields: CborObject): Claim {
  text(fields, 'instanceID')
  const generator = cborField(fields, 'claim_generator_info')
  if (!isCborObject(generator) || typeof cborField(generator, 'name') !== 'string')
    throw new Malformed('claim_generator_info is missing or invalid')
  // The list of version 1: which of the two counts would be anybody's guess.
  if ('assertions' in fields) throw new Malformed('assertions does not belong into a claim of version 2')
  const created = references(fields, 'created_assertions', true)
  if (created.length === 0) throw new Malformed('created_assertions is missing or invalid')
  const gathered = 'gathered_assertions' in fields ? references(fields, 'gathered_assertions', false) : []
  return { ...common(box, uri, fields), version: 2, assertions: bounded([...created, ...gathered]) }
}

/** C2PA 2.2 §10.2.2, `claim-map`: what versions 1.x wrote. */
function claimV1(box: ClaimBox, uri: string, fields: CborObject): Claim {
  text(fields, 'instanceID')
  text(fields, 'claim_generator')
  text(fields, 'dc:format')
  return { ...common(box, uri, fields), version: 1, assertions: bounded(references(fields, 'assertions', false)) }
}

function common(box: ClaimBox, uri: string, fields: CborObject): Omit<Claim, 'version' | 'assertions'> {
  const algorithm = cborField(fields, 'alg')
  const redacted = cborField(fields, 'redacted_assertions') ?? []
  if (algorithm !== undefined && typeof algorithm !== 'string') throw new Malformed('alg is invalid')
  if (!Array.isArray(redacted) || redacted.some((url) => typeof url !== 'string'))
    throw new Malformed('redacted_assertions is invalid')
  return {
    uri,
    bytes: box.bytes,
    fields,
    signature: text(fields, 'signature'),
    ...(algorithm === undefined ? {} : { algorithm }),
    redactedAssertions: redacted as readonly string[],
  }
}

function text(fields: CborObject, name: string): string {
  const value = cborField(fields, name)
  if (typeof value !== 'string') throw new Malformed(`${name} is missing or invalid`)
  return value
}

function references(fields: CborObject, name: string, created: boolean): AssertionReference[] {
  const values: CborValue = cborField(fields, name)
  if (!Array.isArray(values)) throw new Malformed(`${name} is missing or invalid`)
  return values.map((value) => {
    const reference = hashedUri(value)
    if (!reference) throw new Malformed(`${name} holds a reference without a url`)
    return { ...reference, created }
  })
}

function bounded(assertions: AssertionReference[]): AssertionReference[] {
  if (assertions.length > MOST_ASSERTIONS) throw new Malformed(`more than ${MOST_ASSERTIONS} assertions`)
  return assertions
}
