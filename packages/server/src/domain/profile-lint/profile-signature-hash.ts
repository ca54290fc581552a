import { oids } from '@countersign/pki'
import type { SignatureHash } from '../issuer.ts'
import type { ProfileRule } from './profile-rule.ts'

const ALGORITHMS: Readonly<Record<SignatureHash, readonly string[]>> = {
  'SHA-256': [oids.ecdsaWithSHA256, oids.sha256WithRSAEncryption],
  'SHA-384': [oids.ecdsaWithSHA384, oids.sha384WithRSAEncryption],
  'SHA-512': [oids.ecdsaWithSHA512, oids.sha512WithRSAEncryption],
}

/** It is signed with the hash that the profile has. */
export const profileSignatureHash: ProfileRule = {
  id: 'profile-signature-hash',
  check: ({ signatureAlgorithm: { algorithm } }, { signatureHash }) =>
    ALGORITHMS[signatureHash].includes(algorithm) ? undefined : `is not signed with ${signatureHash}`,
}
