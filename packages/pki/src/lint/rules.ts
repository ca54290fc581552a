/** Every lint of a certificate, in the order in which they are made; each stands in a file of its name. */
import { keyRules } from './key-rules.ts'
import type { LintRule } from './lint-rule.ts'
import { addressHttp } from './rules/address-http.ts'
import { authorityInformationAccessForm } from './rules/authority-information-access-form.ts'
import { authorityKeyIdentifier } from './rules/authority-key-identifier.ts'
import { authorityKeyIdentifierForm } from './rules/authority-key-identifier-form.ts'
import { basicConstraintsAuthority } from './rules/basic-constraints-authority.ts'
import { basicConstraintsEndEntity } from './rules/basic-constraints-end-entity.ts'
import { basicConstraintsPathLength } from './rules/basic-constraints-path-length.ts'
import { certificatePolicies } from './rules/certificate-policies.ts'
import { certificatePolicyQualifiers } from './rules/certificate-policy-qualifiers.ts'
import { crlAddress } from './rules/crl-address.ts'
import { crlDistributionPointForm } from './rules/crl-distribution-point-form.ts'
import { derCanonical } from './rules/der-canonical.ts'
import { extendedKeyUsageAny } from './rules/extended-key-usage-any.ts'
import { extendedKeyUsageConsistent } from './rules/extended-key-usage-consistent.ts'
import { extendedKeyUsageCritical } from './rules/extended-key-usage-critical.ts'
import { extendedKeyUsageDevice } from './rules/extended-key-usage-device.ts'
import { extendedKeyUsageNotEmpty } from './rules/extended-key-usage-not-empty.ts'
import { extendedKeyUsageOnce } from './rules/extended-key-usage-once.ts'
import { extendedKeyUsageProfile } from './rules/extended-key-usage-profile.ts'
import { extendedKeyUsageRoot } from './rules/extended-key-usage-root.ts'
import { extendedKeyUsageSurplus } from './rules/extended-key-usage-surplus.ts'
import { extensionCriticalUnknown } from './rules/extension-critical-unknown.ts'
import { extensionCriticality } from './rules/extension-criticality.ts'
import { extensionCriticalityAdvised } from './rules/extension-criticality-advised.ts'
import { extensionEncoding } from './rules/extension-encoding.ts'
import { extensionOnce } from './rules/extension-once.ts'
import { extensionsOfAuthorities } from './rules/extensions-of-authorities.ts'
import { issuedNotSelfIssued } from './rules/issued-not-self-issued.ts'
import { issuerAuthority } from './rules/issuer-authority.ts'
import { issuerKeyIdentifier } from './rules/issuer-key-identifier.ts'
import { issuerName } from './rules/issuer-name.ts'
import { issuerNameConstraints } from './rules/issuer-name-constraints.ts'
import { issuerNameEncoding } from './rules/issuer-name-encoding.ts'
import { issuerNotEmpty } from './rules/issuer-not-empty.ts'
import { issuerPathLength } from './rules/issuer-path-length.ts'
import { issuerSignatureAlgorithm } from './rules/issuer-signature-algorithm.ts'
import { issuerValidity } from './rules/issuer-validity.ts'
import { keyContentType } from './rules/key-content-type.ts'
import { keyTimeStampingType } from './rules/key-time-stamping-type.ts'
import { keyUsageAgreement } from './rules/key-usage-agreement.ts'
import { keyUsageCertificates } from './rules/key-usage-certificates.ts'
import { keyUsageCritical } from './rules/key-usage-critical.ts'
import { keyUsagePresent } from './rules/key-usage-present.ts'
import { keyUsageProfile } from './rules/key-usage-profile.ts'
import { keyUsageSigns } from './rules/key-usage-signs.ts'
import { keyUsageSuitsKey } from './rules/key-usage-suits-key.ts'
import { nameAttributeOnce } from './rules/name-attribute-once.ts'
import { nameAttributeOrder } from './rules/name-attribute-order.ts'
import { nameConstraintsForm } from './rules/name-constraints-form.ts'
import { ocspAddress } from './rules/ocsp-address.ts'
import { ocspNoCheck } from './rules/ocsp-no-check.ts'
import { policyConstraints } from './rules/policy-constraints.ts'
import { rootKeyIdentifiers } from './rules/root-key-identifiers.ts'
import { rootSelfIssued } from './rules/root-self-issued.ts'
import { sanCommonName } from './rules/san-common-name.ts'
import { sanDnsName } from './rules/san-dns-name.ts'
import { sanIpAddress } from './rules/san-ip-address.ts'
import { sanNotEmpty } from './rules/san-not-empty.ts'
import { sanRfc822Name } from './rules/san-rfc822-name.ts'
import { sanTlsServer } from './rules/san-tls-server.ts'
import { sanUri } from './rules/san-uri.ts'
import { serialNumberEntropy } from './rules/serial-number-entropy.ts'
import { serialNumberLength } from './rules/serial-number-length.ts'
import { serialNumberPositive } from './rules/serial-number-positive.ts'
import { signatureAlgorithmAccepted } from './rules/signature-algorithm-accepted.ts'
import { signatureAlgorithmEncoding } from './rules/signature-algorithm-encoding.ts'
import { signatureAlgorithmMatch } from './rules/signature-algorithm-match.ts'
import { subjectAttributeControlCharacters } from './rules/subject-attribute-control-characters.ts'
import { subjectAttributeEncoding } from './rules/subject-attribute-encoding.ts'
import { subjectAttributeLength } from './rules/subject-attribute-length.ts'
import { subjectAttributeWhiteSpace } from './rules/subject-attribute-white-space.ts'
import { subjectAuthorityNotEmpty } from './rules/subject-authority-not-empty.ts'
import { subjectContentSigning } from './rules/subject-content-signing.ts'
import { subjectContentSigningCountry } from './rules/subject-content-signing-country.ts'
import { subjectCountry } from './rules/subject-country.ts'
import { subjectEmptyCriticalSan } from './rules/subject-empty-critical-san.ts'
import { subjectKeyIdentifier } from './rules/subject-key-identifier.ts'
import { subjectKeyIdentifierEndEntity } from './rules/subject-key-identifier-end-entity.ts'
import { uniqueIdentifiersAbsent } from './rules/unique-identifiers-absent.ts'
import { validityEncoding } from './rules/validity-encoding.ts'
import { validityLength } from './rules/validity-length.ts'
import { validityOrder } from './rules/validity-order.ts'
import { version3 } from './rules/version-3.ts'

/** Every lint of a certificate. */
export const rules: readonly LintRule[] = [
  version3,
  serialNumberPositive,
  serialNumberLength,
  serialNumberEntropy,
  signatureAlgorithmAccepted,
  signatureAlgorithmEncoding,
  signatureAlgorithmMatch,
  validityOrder,
  validityEncoding,
  validityLength,
  uniqueIdentifiersAbsent,
  derCanonical,
  ...keyRules,
  keyTimeStampingType,
  keyContentType,
  issuerNotEmpty,
  nameAttributeOnce,
  nameAttributeOrder,
  subjectAuthorityNotEmpty,
  subjectEmptyCriticalSan,
  subjectContentSigning,
  subjectContentSigningCountry,
  subjectAttributeLength,
  subjectCountry,
  subjectAttributeEncoding,
  subjectAttributeControlCharacters,
  subjectAttributeWhiteSpace,
  sanTlsServer,
  sanNotEmpty,
  sanCommonName,
  sanDnsName,
  sanIpAddress,
  sanRfc822Name,
  sanUri,
  extensionOnce,
  extensionEncoding,
  extensionCriticalUnknown,
  extensionCriticality,
  extensionsOfAuthorities,
  extensionCriticalityAdvised,
  basicConstraintsAuthority,
  basicConstraintsEndEntity,
  basicConstraintsPathLength,
  subjectKeyIdentifier,
  subjectKeyIdentifierEndEntity,
  authorityKeyIdentifier,
  authorityKeyIdentifierForm,
  extendedKeyUsageNotEmpty,
  extendedKeyUsageOnce,
  extendedKeyUsageAny,
  keyUsagePresent,
  keyUsageCritical,
  keyUsageSuitsKey,
  keyUsageCertificates,
  keyUsageSigns,
  keyUsageAgreement,
  certificatePolicies,
  nameConstraintsForm,
  policyConstraints,
  certificatePolicyQualifiers,
  crlAddress,
  crlDistributionPointForm,
  ocspAddress,
  authorityInformationAccessForm,
  ocspNoCheck,
  addressHttp,
  keyUsageProfile,
  extendedKeyUsageProfile,
  extendedKeyUsageSurplus,
  extendedKeyUsageConsistent,
  extendedKeyUsageCritical,
  extendedKeyUsageRoot,
  extendedKeyUsageDevice,
  rootSelfIssued,
  rootKeyIdentifiers,
  issuedNotSelfIssued,
  issuerName,
  issuerNameEncoding,
  issuerKeyIdentifier,
  issuerSignatureAlgorithm,
  issuerAuthority,
  issuerPathLength,
  issuerValidity,
  issuerNameConstraints,
]
