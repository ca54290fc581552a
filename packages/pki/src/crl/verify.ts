/** Whether a revocation list is its issuer's and of its time. RFC 5280 §6.3.3. */
import { equalBytes } from '@countersign/codec'
import { verifySignature } from '#crypto'
import { AlgorithmIdentifier } from '../crypto/algorithm-identifier.ts'
import { signatureAlgorithmFrom } from '../crypto/signature-algorithm.ts'
import { PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import type { Certificate } from '../x509/certificate.ts'
import { keyUsage } from '../x509/certificate-extensions.ts'
import { extensionValue } from '../x509/extension.ts'
import { equalNames } from '../x509/name.ts'
import type { CertificateList } from './certificate-list.ts'
import { IssuingDistributionPoint } from './issuing-distribution-point.ts'

/** What came of it: `untrusted` is not the issuer's, `outsideValidity` too old or too new, `unsupported` not to be judged here. */
export type CertificateListVerification =
  | { readonly valid: true }
  | {
      readonly valid: false
      readonly code: 'untrusted' | 'outsideValidity' | 'unsupported'
      readonly reason: string
    }

const READ_EXTENSIONS: readonly string[] = [oids.authorityKeyIdentifier, oids.crlNumber, oids.issuingDistributionPoint]

/** Whether the issuer signed this list and it holds at that time. What part of the certificates it covers is its scope's to say. */
export async function verifyCertificateList(
  list: CertificateList,
  { issuer, at, skewSeconds = 60 }: { readonly issuer: Certificate; readonly at: Date; readonly skewSeconds?: number },
): Promise<CertificateListVerification> {
  const { signatureAlgorithm, tbsSignatureAlgorithm, thisUpdate, nextUpdate } = list
  try {
    if (!equalNames(list.issuer, issuer.subject)) return refused('untrusted', 'it is the list of another issuer')
    if (keyUsage(issuer)?.has('cRLSign') === false) return refused('untrusted', 'the issuer may not sign lists')
    const unread = list.extensions.find(({ id, critical }) => critical && !READ_EXTENSIONS.includes(id))
    if (unread) return refused('unsupported', `it has the critical extension ${unread.id}`)
    if (extensionValue(list.extensions, oids.issuingDistributionPoint, IssuingDistributionPoint)?.indirectCRL)
      return refused('unsupported', 'it lists certificates of other issuers too')
  } catch (error) {
    if (error instanceof PkiError) return refused('unsupported', error.message)
    throw error
  }
  if (!equalBytes(AlgorithmIdentifier.encode(signatureAlgorithm), AlgorithmIdentifier.encode(tbsSignatureAlgorithm)))
    return refused('untrusted', 'the signature algorithms inside and outside differ')
  const algorithm = signatureAlgorithmFrom(signatureAlgorithm)
  if (!algorithm)
    return refused('unsupported', `the signature algorithm ${signatureAlgorithm.algorithm} is not accepted`)
  if (!(await verifySignature(algorithm, issuer.publicKey.bytes, list.tbs, list.signature)))
    return refused('untrusted', "the signature is not the issuer's")
  if (thisUpdate.getTime() > at.getTime() + skewSeconds * 1000)
    return refused('outsideValidity', `it holds from ${thisUpdate.toISOString()} on`)
  if (nextUpdate && nextUpdate.getTime() < at.getTime() - skewSeconds * 1000)
    return refused('outsideValidity', `a newer one was due ${nextUpdate.toISOString()}`)
  return { valid: true }
}

function refused(code: 'untrusted' | 'outsideValidity' | 'unsupported', reason: string): CertificateListVerification {
  return { valid: false, code, reason }
}
