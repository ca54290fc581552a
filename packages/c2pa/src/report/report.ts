/** What verification reports. C2PA 2.2 §15.2 and the states of §14.3. */
import type { CborObject } from '../cbor.ts'
import type { Finding } from './finding.ts'

/** Of an asset: its manifest fails, is well formed and untampered, or is so and signed by someone trusted. C2PA 2.2 §14.3. */
export type ValidationState = 'Invalid' | 'Valid' | 'Trusted'

/** One assertion as its manifest holds it. */
export type AssertionReport = {
  /** With its instance, as in `c2pa.ingredient__1`. */
  readonly label: string
  readonly uri: string
  /** Stated by the signer itself, rather than gathered; false for claims v1, which don't tell. C2PA 2.2 §10.2.1. */
  readonly created: boolean
  readonly content:
    | { readonly kind: 'cbor' | 'json'; readonly value: unknown }
    | { readonly kind: 'file'; readonly format: string; readonly bytes: Uint8Array }
    | { readonly kind: 'other'; readonly bytes: Uint8Array }
  /** Of cloud data that was retrieved and is what was stated: the content of the assertion that it is. C2PA 2.2 §18.11. */
  readonly retrieved?: AssertionReport['content']
}

/** Who signed a claim, as the certificate and the time stamp tell: whether they are to be believed, the findings say. */
export type SignatureReport = {
  /** COSE's name, `ES256` for one. */
  readonly algorithm?: string
  readonly issuer?: string
  readonly commonName?: string
  readonly serialNumber: bigint
  /** Of the time stamp; absent when none is well formed and about this signature. */
  readonly time?: Date
  /** The certificate of who gave that time, DER. */
  readonly timeStampCertificate?: Uint8Array
  /** The certificates of the signature, DER, leaf first. */
  readonly certificates: readonly Uint8Array[]
}

/** One manifest of the store. */
export type ManifestReport = {
  readonly label: string
  /** It adds to an ingredient without binding to new content. C2PA 2.2 §11.2.3. */
  readonly isUpdate: boolean
  /** It stood compressed in the store. C2PA 2.2 §11.2.5. */
  readonly isCompressed: boolean
  readonly claimVersion?: 1 | 2
  /** The claim's fields; absent when it could not be read. */
  readonly claim?: CborObject
  readonly assertions: readonly AssertionReport[]
  /** Of all that its assertion store holds, read or not, referred to or not. */
  readonly assertionLabels: readonly string[]
  readonly signature?: SignatureReport
  /** About this manifest by itself, without its ingredients and the asset; none where nothing led to it. */
  readonly findings: readonly Finding[]
}

/** What was found about an ingredient that its manifest does not record itself. C2PA 2.2 §15.11.3. */
export type IngredientDelta = {
  readonly ingredientAssertionUri: string
  readonly findings: readonly Finding[]
}

/** The outcome of `verify`. */
export type Report = {
  readonly state: ValidationState
  /** Media type of the asset; absent when it is of no known format. */
  readonly format?: string
  /** The moment that was taken as now. */
  readonly validatedAt: Date
  /** Label of the manifest that speaks for the asset; absent when there is none that can be read. */
  readonly activeManifest?: string
  /** In the store's order: the active one is last. */
  readonly manifests: readonly ManifestReport[]
  /** About the asset and its active manifest, in the order of the checks. */
  readonly findings: readonly Finding[]
  readonly ingredientDeltas: readonly IngredientDelta[]
}

/** Failures that leave a manifest valid: they speak of trust in a name, not of what was signed. As in c2pa-rs, malformed CBOR and aggregators' credentials are not among them. */
const OF_TRUST = /^(?:signingCredential\.untrusted|cawg\.x509\..*|cawg\.identity\.(?!cbor\.).*)$/

const BINDING = /^assertion\.(?:data|boxes|bmff|collection|multiAsset)Hash\.match$/

/** The state that findings add up to. C2PA 2.2 §14.3. */
export function validationState(findings: readonly Finding[], deltas: readonly IngredientDelta[]): ValidationState {
  const has = (code: string) => findings.some((candidate) => candidate.code === code)
  const failures = [...findings, ...deltas.flatMap((delta) => delta.findings)].filter(({ kind }) => kind === 'failure')
  if (!has('claimSignature.validated') || !has('claimSignature.insideValidity')) return 'Invalid'
  if (!findings.some(({ code }) => BINDING.test(code))) return 'Invalid'
  if (failures.some(({ code }) => !OF_TRUST.test(code))) return 'Invalid'
  return failures.length === 0 && has('signingCredential.trusted') ? 'Trusted' : 'Valid'
}
