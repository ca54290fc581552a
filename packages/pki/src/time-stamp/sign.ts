/** Making time-stamp tokens. RFC 3161 §2.4.2, RFC 5816. */
import { equalBytes } from '@countersign/codec'
import { type Attribute, attributeTypes } from '../cms/attribute.ts'
import { contentTypes } from '../cms/content-info.ts'
import { signSignedData } from '../cms/signature.ts'
import type { Signer } from '../crypto/port.ts'
import { PkiError } from '../error.ts'
import type { Certificate } from '../x509/certificate.ts'
import { GeneralName } from '../x509/general-name.ts'
import { Time } from '../x509/time.ts'
import type { TimeStampReq } from './request.ts'
import { signingCertificateAttribute } from './signing-certificate.ts'
import { type Accuracy, TSTInfo } from './token-info.ts'

/** What a token will say, and who says it. RFC 3161 §2.4.2. */
export type TimeStampTemplate = {
  readonly request: TimeStampReq
  /** The authority's policy; that a request asks for no other has been looked at (`timeStampRequestFailure`). */
  readonly policy: string
  /** Of the token: never twice the same from one authority. */
  readonly serialNumber: bigint
  readonly genTime: Date
  readonly accuracy?: Accuracy
  /** The authority's. */
  readonly certificate: Certificate
  /** What stands between it and the root, without the root. */
  readonly chain: readonly Certificate[]
  /** Whether the certificates go along; otherwise it is as the request has it (certReq). */
  readonly includeCertificates?: boolean
  /** Whether the token names the authority by its subject, a hint that most leave out. */
  readonly includeName?: boolean
}

/** A time-stamp token: a ContentInfo, DER. RFC 3161 §2.4.2. */
export async function signTimeStampToken(template: TimeStampTemplate, signer: Signer): Promise<Uint8Array> {
  const { request, policy, serialNumber, genTime, accuracy, certificate, chain } = template
  if (!equalBytes(signer.publicKey, certificate.publicKey.bytes))
    throw new PkiError('invalid_argument', "the signer's key is not that of the certificate")
  const info: TSTInfo = {
    version: 1,
    policy,
    messageImprint: request.messageImprint,
    serialNumber,
    genTime,
    ...(accuracy ? { accuracy } : {}),
    ordering: false,
    ...(request.nonce === undefined ? {} : { nonce: request.nonce }),
    ...(template.includeName ? { tsa: directoryName(certificate) } : {}),
  }
  return signSignedData(
    {
      contentType: contentTypes.timeStampInfo,
      content: TSTInfo.encode(info),
      certificate,
      certificates: (template.includeCertificates ?? request.certReq) ? [certificate, ...chain] : [],
      attributes: [signingTime(genTime), signingCertificateAttribute(certificate)],
    },
    signer,
  )
}

function signingTime(at: Date): Attribute {
  return { type: attributeTypes.signingTime, values: [Time.encode(at)] }
}

function directoryName({ subject }: Certificate): Uint8Array {
  return GeneralName.encode({ type: 'directoryName', value: subject })
}
