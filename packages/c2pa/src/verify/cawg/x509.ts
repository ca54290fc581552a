/** Identities that an X.509 certificate vouches for. CAWG Identity Assertion 1.1 §8.2. */
import { oids } from '@countersign/pki'
import { type CoseSign1, coseAlgorithm, HEADER } from '../../cose/sign1.ts'
import { type Finding, finding } from '../../report/finding.ts'
import { type Chain, isSignedBy, readCredential, readDetachedSign1 } from '../cose-credential.ts'
import { validateRevocation } from '../revocation.ts'
import { credentialFault, signingPurposes } from '../signing-credential.ts'
import { validateHeaderTimeStamp } from '../time-stamp.ts'
import { findPath } from '../trust.ts'
import type { Verification } from '../verification.ts'
import type { IdentityAssertion } from './identity-assertion.ts'

/** What the anchors of identities are for: documents and mail are signed by persons and organizations, claims by machines. §8.2.3. */
const PURPOSES: readonly string[] = [oids.documentSigning, oids.emailProtection]

/** Checks signature, credential and time of such an identity assertion. */
export async function validateX509(
  verification: Verification,
  { uri, signature, signerPayloadBytes }: IdentityAssertion,
  findings: Finding[],
): Promise<void> {
  const sign1 = readDetachedSign1(signature)
  if (typeof sign1 === 'string') {
    findings.push(finding('cawg.x509.signature.mismatch', uri, sign1))
    return
  }
  const algorithm = coseAlgorithm(sign1.protectedHeader.get(HEADER.algorithm))
  if (!algorithm) {
    findings.push(finding('cawg.x509.algorithm.unsupported', uri))
    return
  }
  const chain = readCredential(verification, sign1)
  if (typeof chain === 'string') {
    findings.push(finding('cawg.x509.credential.invalid', uri, chain))
    return
  }
  const attested = await validateHeaderTimeStamp(verification, sign1, signerPayloadBytes, uri, findings)
  const at = attested?.trusted ? attested.time : verification.now
  const isTrusted = await validateCredential(verification, sign1, chain, at, attested?.trusted ?? false, uri, findings)
  const isSigned = await isSignedBy(algorithm, chain[0], sign1, signerPayloadBytes)
  findings.push(finding(isSigned ? 'cawg.x509.signature.validated' : 'cawg.x509.signature.mismatch', uri))
  if (!isSigned) return
  const isFaulty = findings.some(({ kind, url }) => kind === 'failure' && url === uri)
  if (!isTrusted) findings.push(finding('cawg.identity.well-formed', uri))
  else if (!isFaulty) findings.push(finding('cawg.identity.trusted', uri))
}

/** §8.2.2: whether the certificate may sign, was valid at that time, leads to an anchor for identities, and was not revoked. */
async function validateCredential(
  verification: Verification,
  sign1: CoseSign1,
  chain: Chain,
  at: Date,
  isAttested: boolean,
  uri: string,
  findings: Finding[],
): Promise<boolean> {
  const { anchors, now } = verification
  const [leaf] = chain
  const fault = credentialFault(leaf, [...signingPurposes, ...PURPOSES], false)
  if (fault !== undefined) findings.push(finding('cawg.x509.credential.invalid', uri, fault))
  const isInside = leaf.notBefore <= at && at <= leaf.notAfter
  if (!isInside) findings.push(finding('cawg.x509.signature.outside_validity', uri))
  const path = await findPath(chain, anchors.identities, PURPOSES, at)
  findings.push(
    path.valid
      ? finding('cawg.x509.credential.trusted', uri)
      : finding('cawg.x509.credential.untrusted', uri, `signing certificate untrusted: ${path.reason}`),
  )
  const ofRevocation: Finding[] = []
  const question = {
    certificate: leaf,
    issuer: path.valid ? path.path[1] : chain[1],
    attested: isAttested ? at : undefined,
    now,
  }
  await validateRevocation(verification, sign1, question, uri, ofRevocation)
  const isRevoked = ofRevocation.some(({ code }) => code === 'signingCredential.ocsp.revoked')
  if (isRevoked) findings.push(finding('cawg.identity.credential_revoked', uri))
  findings.push(...ofRevocation.filter(({ code }) => code === 'general.error'))
  return path.valid && isInside && fault === undefined && !isRevoked
}
