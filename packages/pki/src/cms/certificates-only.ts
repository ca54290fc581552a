/** Certificates alone in signed data that nobody signs: what `.p7b` and `.p7c` files are. RFC 5652 §5.1. */
import { ContentInfo, contentTypes } from './content-info.ts'
import { SignedData } from './signed-data.ts'

/** Certificates (DER) as a ContentInfo, DER; a set has no order. RFC 5652 §5.1. */
export function encodeCertificatesOnly(certificates: readonly Uint8Array[]): Uint8Array {
  const content = SignedData.encode({
    version: 1,
    digestAlgorithms: [],
    encapsulatedContent: { contentType: contentTypes.data },
    certificates,
    signerInfos: [],
  })
  return ContentInfo.encode({ contentType: contentTypes.signedData, content })
}
