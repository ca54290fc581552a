/** Whether a time-stamp token holds, and whose it is. RFC 3161 §2.4.2 and Appendix B, RFC 5816. */
import { DerError, equalBytes } from '@countersign/codec'
import { digest } from '#crypto'
import { identifies, signatureFault } from '../cms/signature.ts'
import type { SignedData, SignerInfo } from '../cms/signed-data.ts'
import { hashAlgorithmFrom } from '../crypto/algorithm-identifier.ts'
import type { HashAlgorithm } from '../crypto/port.ts'
import { PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import { validatePath } from '../path/validate-path.ts'
import { Certificate } from '../x509/certificate.ts'
import { basicConstraints, extendedKeyUsage, findExtension, keyUsage } from '../x509/certificate-extensions.ts'
import type { MessageImprint } from './request.ts'
import { namesSigningCertificate } from './signing-certificate.ts'
import { decodeTimeStampToken } from './token.ts'
import type { TSTInfo } from './token-info.ts'

/** What the token is to be of, and whom to trust for it. */
export type TimeStampVerificationOptions = {
  /** What was stamped, or its hash. */
  readonly of: { readonly data: Uint8Array } | { readonly algorithm: HashAlgorithm; readonly hash: Uint8Array }
  /** Roots of time-stamping authorities: their own, not those of other purposes. */
  readonly anchors: readonly Certificate[]
  /** Certificates that may stand between, or sign, beside those in the token. */
  readonly intermediates?: readonly Certificate[]
}

/**
 * What came of it.
 *
 * - `trusted`: it holds, and an anchor vouches for who made it.
 * - `untrusted`: it holds, but no anchor vouches for a time-stamping authority.
 * - `outsideValidity`: it holds, but its time is not within the validity of its certificate.
 * - `mismatch`: it is of something else.
 * - `invalidSignature`: it is not the signature of the certificate that it names.
 * - `unverifiable`: that certificate is not there, or it is of a hash that is not accepted.
 * - `malformed`: it is no time-stamp token.
 */
export type TimeStampVerification =
  | ({ readonly status: 'trusted'; readonly trusted: true; readonly chain: readonly Certificate[] } & Attested)
  | ({ readonly status: 'untrusted' | 'outsideValidity'; readonly trusted: false; readonly reason: string } & Attested)
  | {
      readonly status: 'mismatch' | 'invalidSignature' | 'unverifiable' | 'malformed'
      readonly trusted: false
      readonly reason: string
      /** What it claims, where it could be read. */
      readonly info?: TSTInfo
    }

type Attested = {
  readonly genTime: Date
  readonly info: TSTInfo
  /** Of who signed. */
  readonly certificate: Certificate
}

/** Certificates of a token that are looked at. */
const MOST_CERTIFICATES = 20

/** Judges a token, a ContentInfo, DER. Never throws for what it is given. RFC 3161 §2.4.2. */
export async function verifyTimeStampToken(
  token: Uint8Array,
  options: TimeStampVerificationOptions,
): Promise<TimeStampVerification> {
  try {
    return await verify(token, options)
  } catch (error) {
    if (error instanceof PkiError || error instanceof DerError) return failed('malformed', error.message)
    throw error
  }
}

async function verify(token: Uint8Array, options: TimeStampVerificationOptions): Promise<TimeStampVerification> {
  const { signedData, content, info } = decodeTimeStampToken(token)
  const [signerInfo, ...otherSigners] = signedData.signerInfos
  if (!signerInfo || otherSigners.length > 0) return failed('malformed', 'it has not one signer', info)
  if (info.version !== 1) return failed('malformed', `a TSTInfo of version ${info.version}`, info)
  // Of the extensions none is known here, and a critical one would change what the token means.
  if (info.extensions?.some(({ critical }) => critical)) return failed('malformed', 'it has a critical extension', info)

  const { algorithm: hash } = info.messageImprint.hashAlgorithm
  if (!imprintHash(info.messageImprint)) return failed('unverifiable', `the hash ${hash} is not accepted`, info)
  const imprintProblem = imprintFault(info.messageImprint, options.of)
  if (imprintProblem) return failed('mismatch', imprintProblem, info)

  const certificates = [...certificatesOf(signedData), ...(options.intermediates ?? [])]
  const certificate = signerOf(signerInfo, certificates)
  if (!certificate) return failed('unverifiable', "the signer's certificate is not there", info)
  const { contentType } = signedData.encapsulatedContent
  const signatureProblem = await signatureFault(signerInfo, contentType, content, certificate)
  if (signatureProblem) return failed('invalidSignature', signatureProblem, info)
  const isNamed = namesSigningCertificate(signerInfo.signedAttributes?.value ?? [], certificate)
  if (isNamed === undefined) return failed('malformed', 'it has no signing-certificate attribute', info)
  if (!isNamed) return failed('invalidSignature', 'it was signed for another certificate', info)

  const { genTime } = info
  const attested = { trusted: false, genTime, info, certificate } as const
  // At the time that the token states, which need not be the present.
  if (genTime < certificate.notBefore || genTime > certificate.notAfter)
    return { status: 'outsideValidity', reason: 'its time is not within the validity of its certificate', ...attested }
  const purposeProblem = purposeFault(certificate)
  if (purposeProblem) return { status: 'untrusted', reason: purposeProblem, ...attested }
  const path = await validatePath({
    leaf: certificate,
    intermediates: certificates,
    anchors: options.anchors,
    at: genTime,
    purpose: [oids.timeStamping],
  })
  if (!path.valid) return { status: 'untrusted', reason: path.reason, ...attested }
  return { ...attested, status: 'trusted', trusted: true, chain: path.path }
}

/** Which hash the imprint is of; undefined where it is none that is accepted. */
function imprintHash({ hashAlgorithm }: MessageImprint): 'sha256' | 'sha384' | 'sha512' | undefined {
  const algorithm = hashAlgorithmFrom(hashAlgorithm)
  return algorithm === 'sha1' ? undefined : algorithm
}

/** How the token is of something else; undefined when it isn't. RFC 3161 §2.4.2. */
function imprintFault(imprint: MessageImprint, of: TimeStampVerificationOptions['of']): string | undefined {
  const { hashedMessage } = imprint
  const algorithm = imprintHash(imprint)
  if (!algorithm) return 'its hash is not accepted'
  if ('hash' in of && of.algorithm !== algorithm) return `it is of a ${algorithm} hash, not of a ${of.algorithm} one`
  const hash = 'hash' in of ? of.hash : digest(algorithm, of.data)
  return equalBytes(hash, hashedMessage) ? undefined : 'it is of something else'
}

/** The certificates in the set that can be read. It may hold other kinds too (RFC 5652 §10.2.3), of no use here. */
function certificatesOf({ certificates = [] }: SignedData): Certificate[] {
  return certificates
    .filter((bytes) => bytes[0] === 0x30)
    .slice(0, MOST_CERTIFICATES)
    .flatMap((bytes) => {
      try {
        return [Certificate.decode(bytes)]
      } catch (error) {
        // One that does not concern the signature must not spoil it; if it does, it will be missed.
        if (error instanceof PkiError) return []
        throw error
      }
    })
}

function signerOf({ signerIdentifier }: SignerInfo, certificates: readonly Certificate[]): Certificate | undefined {
  return certificates.find((certificate) => identifies(signerIdentifier, certificate))
}

/** Time-stamping, critical and alone. RFC 3161 §2.3. */
function purposeFault(certificate: Certificate): string | undefined {
  const purposes = extendedKeyUsage(certificate)
  if (purposes?.length !== 1 || purposes[0] !== oids.timeStamping)
    return 'its certificate is not for time-stamping alone'
  if (!findExtension(certificate, oids.extKeyUsage)?.critical)
    return 'the extended key usage of its certificate is not critical'
  if (basicConstraints(certificate)?.cA) return 'its certificate is that of an authority for certificates'
  const usages = keyUsage(certificate)
  if (usages && !usages.has('digitalSignature') && !usages.has('nonRepudiation'))
    return 'its certificate is not for signatures'
  return undefined
}

function failed(
  status: 'mismatch' | 'invalidSignature' | 'unverifiable' | 'malformed',
  reason: string,
  info?: TSTInfo,
): TimeStampVerification {
  return { status, trusted: false, reason, ...(info ? { info } : {}) }
}
