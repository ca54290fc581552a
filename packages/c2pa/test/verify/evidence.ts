/** What vouches for a signature beside its certificate: time stamps and OCSP responses, from a hierarchy of the tests' own. */
import {
  type CertificateStatus,
  certIdOf,
  randomSerialNumber,
  signOcspResponse,
  signTimeStampToken,
  TimeStampReq,
  timeStampResponse,
} from '@countersign/pki'
import type { TimeStampAuthority } from '../../src/claim/time-stamp.ts'
import { authority, type Entity, issue, TIME_STAMPING } from '../credential.ts'

const timeStampRoot: Entity = await issue('Example Time-Stamping Root')
const timeStamper: Entity = await issue('Example Time-Stamping Authority', {
  issuer: timeStampRoot,
  purposes: [TIME_STAMPING],
})

/** The anchor of `stampAt`. */
export const timeStampAnchor: Uint8Array = timeStampRoot.certificate.bytes

/** An authority whose clock stands at that moment. */
export function stampAt(genTime: Date): TimeStampAuthority {
  return async (request) =>
    timeStampResponse(
      await signTimeStampToken(
        {
          request: TimeStampReq.decode(request),
          policy: '1.3.6.1.4.1.99999.1',
          serialNumber: randomSerialNumber(),
          genTime,
          certificate: timeStamper.certificate,
          chain: [],
        },
        timeStamper.signer,
      ),
    )
}

/** What the issuer of a certificate, that of `credential()` unless said, says of it. */
export async function ocspResponse(
  serialNumber: bigint,
  status: CertificateStatus,
  at: Date,
  responder: Entity = authority,
  issuer: Entity = authority,
): Promise<Uint8Array> {
  const nextUpdate = new Date(at.getTime() + 3_600_000)
  return signOcspResponse(
    {
      certificate: responder.certificate,
      chain: [],
      producedAt: at,
      responses: [{ ...status, certID: certIdOf(issuer.certificate, serialNumber), thisUpdate: at, nextUpdate }],
    },
    responder.signer,
  )
}
