export { createHash, createSigner, digest, hmac, randomBytes, verifySignature } from '#crypto'
export { encodeCertificatesOnly } from './cms/certificates-only.ts'
export { type EnvelopeTemplate, encryptEnvelopedData } from './cms/encrypt.ts'
export { recipientFault } from './cms/recipient.ts'
export { CertificateList, type RevokedCertificate } from './crl/certificate-list.ts'
export type { RevocationListScope } from './crl/issuing-distribution-point.ts'
export {
  type RevocationReason,
  revocationReasonCode,
  revocationReasonFrom,
  revocationReasons,
} from './crl/revocation-reason.ts'
export { type CertificateRevocationListTemplate, signCertificateRevocationList } from './crl/sign.ts'
export { type CertificateListVerification, verifyCertificateList } from './crl/verify.ts'
export {
  AlgorithmIdentifier,
  hashAlgorithmFrom,
  hashAlgorithmIdentifier,
  hashLength,
} from './crypto/algorithm-identifier.ts'
export { ecdsaSignatureFromRaw, ecdsaSignatureToRaw } from './crypto/ecdsa-signature.ts'
export type {
  CryptoPort,
  Hash,
  HashAlgorithm,
  MlDsa,
  RsaEncryption,
  SignatureAlgorithm,
  Signer,
} from './crypto/port.ts'
export { type Curve, type KeyType, PublicKey, SubjectPublicKeyInfo } from './crypto/public-key.ts'
export { decodeRsassaPssParameters, type RsassaPssParameters } from './crypto/rsassa-pss-parameters.ts'
export {
  hashAlgorithmOf,
  signatureAlgorithmFrom,
  signatureAlgorithmIdentifier,
  suitsKey,
} from './crypto/signature-algorithm.ts'
export { PkiError, type PkiErrorCode } from './error.ts'
export {
  CsrAttributes,
  csrAttributes,
  type ExtensionTemplate,
  type RequestWishes,
  type SubjectAttributeTemplate,
  type WantedKey,
} from './est/csr-attributes.ts'
export {
  encryptGeneratedKey,
  type GeneratedKeyTemplate,
  type KeyEncryptionWish,
  keyEncryptionWish,
} from './est/server-generated-key.ts'
export { lintPublicKey } from './lint/lint-public-key.ts'
export type { CertificateProfile, LintFinding, LintRule, LintSeverity, LintSubject } from './lint/lint-rule.ts'
export { oids } from './object-identifiers.ts'
export { CertID, certIdOf, isOfIssuer } from './ocsp/certificate-id.ts'
export { nonceOf as ocspNonceOf } from './ocsp/nonce.ts'
export { OcspRequest, ocspRequest } from './ocsp/request.ts'
export { BasicOcspResponse, OcspResponse, ocspResponseStatuses } from './ocsp/response.ts'
export {
  type CertificateStatus,
  type CertificateStatusResponse,
  type OcspResponseTemplate,
  ocspErrorResponse,
  signOcspResponse,
} from './ocsp/sign.ts'
export {
  type OcspFailure,
  type OcspVerification,
  type OcspVerificationOptions,
  verifyOcspResponse,
} from './ocsp/verify.ts'
export type { PathFailure, PathFailureCode } from './path/path-failure.ts'
export { type PathOptions, type PathResult, validatePath } from './path/validate-path.ts'
export { decodePkcs12 } from './pkcs12/decode.ts'
export { encodePkcs12, type Pkcs12Contents } from './pkcs12/encode.ts'
export { decryptPrivateKey, encryptPrivateKey } from './pkcs12/encrypted-private-key.ts'
export type { Pkcs12Encryption } from './pkcs12/password-encryption.ts'
export { type MlDsaPrivateKeyForm, mlDsaPrivateKeyAs } from './private-key/ml-dsa-private-key.ts'
export { type PrivateKeySyntax, privateKeyBlock } from './private-key/private-key-block.ts'
export {
  type MessageImprint,
  TimeStampReq,
  timeStampRequest,
  timeStampRequestFailure,
} from './time-stamp/request.ts'
export {
  type Failure as TimeStampFailure,
  TimeStampResp,
  timeStampRejection,
  timeStampResponse,
} from './time-stamp/response.ts'
export { signTimeStampToken, type TimeStampTemplate } from './time-stamp/sign.ts'
export { decodeTimeStampToken, type TimeStampToken, timeStampTokenOf } from './time-stamp/token.ts'
export { type Accuracy, TSTInfo } from './time-stamp/token-info.ts'
export {
  type TimeStampVerification,
  type TimeStampVerificationOptions,
  verifyTimeStampToken,
} from './time-stamp/verify.ts'
export { Certificate, equalCertificates } from './x509/certificate.ts'
export {
  authorityInformationAccess,
  authorityKeyIdentifier,
  basicConstraints,
  caIssuersUris,
  certificatePolicies,
  crlDistributionPoints,
  crlUris,
  extendedKeyUsage,
  findExtension,
  inhibitAnyPolicy,
  keyUsage,
  nameConstraints,
  ocspUris,
  policyConstraints,
  subjectAlternativeName,
  subjectKeyIdentifier,
} from './x509/certificate-extensions.ts'
export {
  assembleCertificate,
  type CertificateTemplate,
  randomSerialNumber,
  signCertificate,
  toBeSigned,
} from './x509/certificate-template.ts'
export {
  CertificationRequest,
  type CertificationRequestTemplate,
  type RequestAttribute,
  signCertificationRequest,
  verifyCertificationRequest,
} from './x509/certification-request.ts'
export { Extension } from './x509/extension.ts'
export type {
  AccessDescription,
  AuthorityKeyIdentifier,
  BasicConstraints,
  DistributionPoint,
  GeneralSubtree,
  KeyUsage,
  KeyUsageBit,
  NameConstraints,
  PolicyConstraints,
  PolicyInformation,
} from './x509/extension-values.ts'
export { extensions, keyIdentifier } from './x509/extensions.ts'
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
