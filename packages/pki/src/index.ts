export { createHash, createSigner, digest, randomBytes, verifySignature } from '#crypto'
export {
  AlgorithmIdentifier,
  hashAlgorithmFrom,
  hashAlgorithmIdentifier,
  hashLength,
} from './crypto/algorithm-identifier.ts'
export { ecdsaSignatureFromRaw, ecdsaSignatureToRaw } from './crypto/ecdsa-signature.ts'
export type { CryptoPort, Hash, HashAlgorithm, SignatureAlgorithm, Signer } from './crypto/port.ts'
export { type Curve, type KeyType, PublicKey, SubjectPublicKeyInfo } from './crypto/public-key.ts'
export { decodeRsassaPssParameters, type RsassaPssParameters } from './crypto/rsassa-pss-parameters.ts'
export {
  hashAlgorithmOf,
  signatureAlgorithmFrom,
  signatureAlgorithmIdentifier,
  suitsKey,
} from './crypto/signature-algorithm.ts'
export { PkiError, type PkiErrorCode } from './error.ts'
export { oids } from './object-identifiers.ts'
export { Certificate, equalCertificates } from './x509/certificate.ts'
export { Extension } from './x509/extension.ts'
export { GeneralName } from './x509/general-name.ts'
export {
  type Attribute,
  attribute,
  attributeValue,
  commonName,
  equalNames,
  Name,
  name,
  nameText,
  organization,
} from './x509/name.ts'
