/** Validating the claim signature, its credential and its time. C2PA 2.2 §15.7 and §15.8. */
import { equalBytes } from '@countersign/codec'
import { type Certificate, commonName, organization, type PathResult } from '@countersign/pki'
import { type CoseAlgorithm, type CoseSign1, coseAlgorithm, HEADER } from '../cose/sign1.ts'
import type { Manifest } from '../manifest/store.ts'
import { type Finding, finding } from '../report/finding.ts'
import type { SignatureReport } from '../report/report.ts'
import type { Claim } from './claim.ts'
import { type Chain, formFault, isSignedBy, readCredential, readDetachedSign1 } from './cose-credential.ts'
import { resolve } from './hashed-uri.ts'
import { validateRevocation } from './revocation.ts'
import { credentialFault, keySuits } from './signing-credential.ts'
import { type AttestedTime, validateTimeStamp } from './time-stamp.ts'
import { findPath } from './trust.ts'
import { manifestUri, type Verification } from './verification.ts'

/** Checks the signature of a claim; gives what it tells about its signer, when it could be read. */
export async function validateSignature(
  verification: Verification,
  manifest: Manifest,
  claim: Claim,
  findings: Finding[],
): Promise<SignatureReport | undefined> {
  const uri = `${manifestUri(manifest)}/c2pa.signature`
  const target = resolve(verification.store, manifest, claim.signature)
  const box = manifest.signatures.find((candidate) => candidate.box === target?.box)
  if (!box) {
    findings.push(finding('claimSignature.missing', uri))
    return undefined
  }
  const sign1 = readDetachedSign1(box.bytes)
  if (typeof sign1 === 'string') {
    findings.push(finding('claimSignature.mismatch', uri, `claim signature is not valid: ${sign1}`))
    return undefined
  }
  const algorithm = coseAlgorithm(sign1.protectedHeader.get(HEADER.algorithm))
  if (!algorithm) {
    findings.push(finding('algorithm.unsupported', uri, 'unsupported or missing Cose algorithm'))
    findings.push(finding('claimSignature.mismatch', uri), finding('signingCredential.ocsp.skipped', uri))
    return signatureReport(undefined, readCredential(verification, sign1), undefined)
  }
  const chain = readCredential(verification, sign1)
  const fault = typeof chain === 'string' ? chain : formFault(algorithm, chain[0], sign1)
  if (typeof chain === 'string' || fault !== undefined) {
    findings.push(finding('signingCredential.invalid', uri, fault))
    findings.push(finding('claimSignature.mismatch', uri), finding('signingCredential.ocsp.skipped', uri))
    return signatureReport(algorithm, chain, undefined)
  }
  const ofTimeStamp: Finding[] = []
  const timeStamp = await validateTimeStamp(verification, manifest, claim, sign1, ofTimeStamp)
  findings.push(...ofTimeStamp.filter(({ kind }) => kind === 'success'))
  const at = timeStamp?.trusted ? timeStamp.time : verification.now
  const path = await validateCredential(verification, chain, algorithm, at, uri, findings)
  const isSigned = await isSignedBy(algorithm, chain[0], sign1, claim.bytes)
  validateTime(claim, chain[0], path, timeStamp, at, isSigned, uri, findings)
  validateClaimedTime(sign1, path?.valid ? path.path : [chain[0]], timeStamp, uri, findings)
  findings.push(finding(isSigned ? 'claimSignature.validated' : 'claimSignature.mismatch', uri))
  const question = {
    certificate: chain[0],
    issuer: path?.valid ? path.path[1] : chain[1],
    attested: timeStamp?.trusted ? timeStamp.time : undefined,
    now: verification.now,
    ...(path?.valid === false ? {} : { authorities: path ? path.path.slice(1) : chain.slice(1) }),
  }
  await validateRevocation(verification, sign1, question, uri, findings)
  // Trouble with the time stamp comes last, where readers of c2pa-rs's reports look for it.
  findings.push(...ofTimeStamp.filter(({ kind }) => kind !== 'success'))
  return signatureReport(algorithm, chain, timeStamp)
}

/** §14.5.1 and §15.7: whether the certificate may sign, and whether a path leads from it to an anchor. */
async function validateCredential(
  { anchors }: Verification,
  chain: Chain,
  algorithm: CoseAlgorithm,
  at: Date,
  uri: string,
  findings: Finding[],
): Promise<PathResult | undefined> {
  const [leaf] = chain
  const isAllowed = anchors.allowed.some(({ bytes }) => equalBytes(bytes, leaf.bytes))
  const fault =
    credentialFault(leaf, anchors.purposes, isAllowed) ??
    (keySuits(algorithm, leaf) ? undefined : 'certificate key algorithm does not match COSE signing algorithm')
  if (fault !== undefined) findings.push(finding('signingCredential.invalid', uri, fault))
  if (isAllowed) {
    findings.push(finding('signingCredential.trusted', uri, 'signing certificate trusted, found in the allow-list'))
    return undefined
  }
  const path = await findPath(chain, anchors.signers, anchors.purposes, at)
  findings.push(finding(path.valid ? 'signingCredential.trusted' : 'signingCredential.untrusted', uri))
  return path
}

/** §15.8.2: the moment of signing lies inside the validity of the certificate, and of those above it where they are known. */
function validateTime(
  claim: Claim,
  leaf: Certificate,
  path: PathResult | undefined,
  timeStamp: AttestedTime | undefined,
  at: Date,
  isSigned: boolean,
  uri: string,
  findings: Finding[],
): void {
  // Under the rules that claims v1 were made by there was no list of time-stamp authorities: a well formed time stamp was
  // enough. It is so still for a signer that nobody vouches for anyhow, and never makes one trusted: those of the
  // allow-list are looked for on no path.
  const moment = claim.version === 1 && timeStamp && path?.valid === false ? timeStamp.time : at
  const isInside = path?.valid || (leaf.notBefore <= moment && moment <= leaf.notAfter)
  if (!isInside) findings.push(finding('claimSignature.outsideValidity', uri, 'certificate expired'))
  else if (isSigned) findings.push(finding('claimSignature.insideValidity', uri))
}

/**
 * §15.8.3: what the signer says of its time, in the protected header, is informational whatever it is. That it is right is said only
 * where a trusted time stamp bears it out: alone it vouches for itself.
 */
function validateClaimedTime(
  { protectedHeader }: CoseSign1,
  path: readonly Certificate[],
  timeStamp: AttestedTime | undefined,
  uri: string,
  findings: Finding[],
): void {
  const issuedAt = protectedHeader.get('iat')
  if (issuedAt === undefined) return
  const claimed = Number(typeof issuedAt === 'number' || typeof issuedAt === 'bigint' ? issuedAt : Number.NaN) * 1000
  const latest = timeStamp?.trusted ? timeStamp.time.getTime() : Number.POSITIVE_INFINITY
  const isInside = path.every(
    ({ notBefore, notAfter }) => notBefore.getTime() <= claimed && claimed <= notAfter.getTime(),
  )
  if (!isInside || claimed > latest) findings.push(finding('timeOfSigning.outsideValidity', uri))
  else if (timeStamp?.trusted) findings.push(finding('timeOfSigning.insideValidity', uri))
}

function signatureReport(
  algorithm: CoseAlgorithm | undefined,
  chain: Chain | string,
  timeStamp: AttestedTime | undefined,
): SignatureReport | undefined {
  if (typeof chain === 'string') return undefined
  const [leaf] = chain
  const issuer = organization(leaf.subject)
  const name = commonName(leaf.subject)
  return {
    ...(algorithm ? { algorithm } : {}),
    ...(issuer === undefined ? {} : { issuer }),
    ...(name === undefined ? {} : { commonName: name }),
    serialNumber: leaf.serialNumber,
    ...(timeStamp ? { time: timeStamp.time, timeStampCertificate: timeStamp.certificate.bytes } : {}),
    certificates: chain.map(({ bytes }) => bytes),
  }
}
