/** Building and validating a path from a certificate to an anchor. RFC 4158, RFC 5280 §6. */
import { equalBytes } from '@countersign/codec'
import { signatureAlgorithmFrom, suitsKey } from '../crypto/signature-algorithm.ts'
import { PkiError } from '../error.ts'
import { type Certificate, equalCertificates } from '../x509/certificate.ts'
import { authorityKeyIdentifier, basicConstraints, subjectKeyIdentifier } from '../x509/certificate-extensions.ts'
import { isCertificateSignedBy } from '../x509/certificate-signature.ts'
import { equalNames, nameText } from '../x509/name.ts'
import { pathFailure } from './path-check.ts'
import { failure, type PathFailure, type PathFailureCode } from './path-failure.ts'

/** What a path is to be found for, and among what. */
export type PathOptions = {
  readonly leaf: Certificate
  /** Certificates that may stand between, in any order; none of them is trusted. */
  readonly intermediates: readonly Certificate[]
  /** Certificates whose names and keys are trusted. What they say of themselves (validity, constraints) is kept to. */
  readonly anchors: readonly Certificate[]
  /** The moment for which every certificate has to be valid. */
  readonly at: Date
  /** Extended key usages, one of which the leaf must name; anyExtendedKeyUsage and silence don't do. */
  readonly purpose?: readonly string[]
  /** Whether the leaf's key is judged by the caller, whatever it is. */
  readonly anyLeafKey?: boolean
  /** The most certificates a path may have, leaf and anchor included: 10 unless said. */
  readonly depth?: number
}

/** A path, or why there is none. */
export type PathResult =
  /** Leaf first, anchor last. */
  | { readonly valid: true; readonly path: readonly Certificate[] }
  | {
      readonly valid: false
      readonly code: PathFailureCode
      readonly reason: string
      /** The one that failed. */
      readonly certificate: Certificate
    }

const MOST_SIGNATURE_CHECKS = 64
const MOST_STEPS = 512
const MOST_INTERMEDIATES = 256

/**
 * Whether the leaf is to be trusted for `purpose` at that time. Tries every way there is, within bounds, and reports the
 * failure of the way that came furthest. Revocation is asked elsewhere, and the extended key usages of authorities are
 * passed over (C2PA 2.2 §14.5.1).
 */
export async function validatePath(options: PathOptions): Promise<PathResult> {
  const search = new PathSearch(options)
  const path = await search.extend([options.leaf])
  if (path) return { valid: true, path }
  return { valid: false, ...search.failure }
}

class PathSearch {
  readonly #options: PathOptions
  readonly #depth: number
  readonly #intermediates: readonly Certificate[]
  readonly #signatures = new Map<Certificate, Map<Certificate, boolean>>()
  #signatureChecks = 0
  #steps = 0
  #worst: { readonly rank: number; readonly failure: PathFailure } | undefined

  constructor(options: PathOptions) {
    this.#options = options
    this.#depth = options.depth ?? 10
    this.#intermediates = options.intermediates.slice(0, MOST_INTERMEDIATES)
  }

  get failure(): PathFailure {
    const { leaf } = this.#options
    return this.#worst?.failure ?? failure('untrusted', leaf, 'leads to no anchor')
  }

  /** The first valid path that goes on from `path`, whose signatures hold so far. */
  async extend(path: readonly Certificate[]): Promise<readonly Certificate[] | undefined> {
    const last = path[path.length - 1] as Certificate
    if (++this.#steps > MOST_STEPS) return this.#fail(4, failure('limit', last, 'has too many ways to an anchor'))
    if (this.#options.anchors.some((anchor) => equalCertificates(anchor, last))) return this.#check(path)
    const issuers = this.#issuersOf(last, path)
    if (issuers.length === 0) return this.#fail(0, untrusted(last))
    if (path.length >= this.#depth)
      return this.#fail(3, failure('path_length', last, `ends a path of ${this.#depth} certificates, the most allowed`))
    for (const issuer of issuers) {
      if (!(await this.#isSignedBy(last, issuer))) continue
      const found = await this.extend([...path, issuer])
      if (found) return found
    }
    return undefined
  }

  #check(path: readonly Certificate[]): readonly Certificate[] | undefined {
    const failed = pathFailure(path, this.#options)
    return failed ? this.#fail(2, failed) : path
  }

  /** Keeps the failure that came furthest, the first of its rank; gives undefined, for the caller to return. */
  #fail(rank: number, failed: PathFailure): undefined {
    if (!this.#worst || rank > this.#worst.rank) this.#worst = { rank, failure: failed }
  }

  /** Who may have issued it: anchors first, and first those whose key it names. No key and name twice in a path. */
  #issuersOf(certificate: Certificate, path: readonly Certificate[]): Certificate[] {
    const candidates = new Set([...this.#options.anchors, ...this.#intermediates])
    const wanted = quietly(() => authorityKeyIdentifier(certificate)?.keyIdentifier)
    return [...candidates]
      .filter(({ subject }) => equalNames(subject, certificate.issuer))
      .filter((candidate) => !path.some((before) => isSameEntity(before, candidate)))
      .map((candidate) => ({ candidate, distance: distance(candidate, wanted) }))
      .sort((a, b) => a.distance - b.distance)
      .map(({ candidate }) => candidate)
  }

  async #isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
    const algorithm = signatureAlgorithmFrom(certificate.signatureAlgorithm)
    if (!algorithm) {
      this.#fail(1, failure('algorithm', certificate, 'is signed with an algorithm that is not accepted'))
      return false
    }
    // Told before the costly part: an end-entity issues nothing, whatever its key has signed.
    if (quietly(() => basicConstraints(issuer)?.cA) === false) {
      this.#fail(1, failure('not_an_authority', issuer, 'is no authority and issued another'))
      return false
    }
    const checked = this.#signatures.get(certificate) ?? new Map<Certificate, boolean>()
    this.#signatures.set(certificate, checked)
    const known = checked.get(issuer)
    if (known !== undefined) return known
    if (++this.#signatureChecks > MOST_SIGNATURE_CHECKS) {
      this.#fail(4, failure('limit', certificate, `would need more than ${MOST_SIGNATURE_CHECKS} signature checks`))
      return false
    }
    const { publicKey } = issuer
    const isSigned =
      suitsKey(algorithm, publicKey) && (await isCertificateSignedBy(algorithm, certificate, publicKey.bytes))
    checked.set(issuer, isSigned)
    if (!isSigned)
      this.#fail(1, failure('signature', certificate, `is not signed by the key of ${nameText(issuer.subject)}`))
    return isSigned
  }
}

function untrusted(certificate: Certificate): PathFailure {
  return equalNames(certificate.issuer, certificate.subject)
    ? failure('untrusted', certificate, 'is self-issued and no anchor')
    : failure('untrusted', certificate, `is issued by ${nameText(certificate.issuer)}, whose certificate is not there`)
}

function isSameEntity(a: Certificate, b: Certificate): boolean {
  return equalBytes(a.publicKey.bytes, b.publicKey.bytes) && equalNames(a.subject, b.subject)
}

/** 0 for the key that is asked for, 1 for one that does not say, 2 for another. */
function distance(candidate: Certificate, wanted: Uint8Array | undefined): number {
  const identifier = quietly(() => subjectKeyIdentifier(candidate))
  if (!wanted || !identifier) return 1
  return equalBytes(wanted, identifier) ? 0 : 2
}

/** What a malformed extension says is nothing while searching; the check of the whole path names it. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof PkiError) return undefined
    throw error
  }
}
