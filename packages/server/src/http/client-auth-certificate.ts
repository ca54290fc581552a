import { encodeBase64, encodePem } from '@countersign/codec'
import { Certificate } from '@countersign/pki'
import { type Static, Type } from 'typebox'
import type { MadeCertificate, ManagedCertificate } from '../domain/manage-client-auth-certificates.ts'
import { secondText } from './timestamp.ts'

const fields = {
  id: Type.String(),
  user_id: Type.String(),
  name: Type.String(),
  common_name: Type.String(),
  end_date: Type.String({ format: 'date-time' }),
  start_date: Type.String({ format: 'date-time' }),
  enabled: Type.Boolean(),
  serial_number: Type.String({ description: 'In upper-case hexadecimal' }),
  public_key: Type.String({ description: 'SubjectPublicKeyInfo, DER, base64' }),
}

/** A client authentication certificate without the certificate itself. */
export const CertificateView = Type.Object(fields, { title: 'ClientAuthCertificate' })

/** A client authentication certificate with all that it takes to use it, but the key. */
export const WholeCertificateView = Type.Object(
  {
    ...fields,
    x509_cert: Type.String({ description: 'PEM' }),
    ca_cert: Type.String({ description: "Its authority's, PEM" }),
  },
  { title: 'WholeClientAuthCertificate' },
)

export function certificateView({
  clientAuthCertificate,
  certificate,
}: ManagedCertificate): Static<typeof CertificateView> {
  const { publicKey } = Certificate.decode(certificate.bytes)
  const { serialNumber } = certificate
  return {
    id: clientAuthCertificate.id,
    user_id: clientAuthCertificate.userId,
    name: clientAuthCertificate.name,
    common_name: certificate.commonName,
    end_date: secondText(certificate.notAfter),
    start_date: secondText(certificate.notBefore),
    enabled: clientAuthCertificate.enabled,
    // Whole bytes, as OpenSSL prints it.
    serial_number: serialNumber.padStart(serialNumber.length + (serialNumber.length % 2), '0').toUpperCase(),
    public_key: encodeBase64(publicKey.bytes),
  }
}

export function wholeCertificateView(made: MadeCertificate): Static<typeof WholeCertificateView> {
  return {
    ...certificateView(made),
    x509_cert: encodePem('CERTIFICATE', made.certificate.bytes),
    ca_cert: encodePem('CERTIFICATE', made.issuer.certificate.bytes),
  }
}

/** An example for the document. */
export const EXAMPLE_CERTIFICATE: Static<typeof CertificateView> = {
  id: 'e281fe3b-fb97-4183-a4fa-205913a7aee4',
  user_id: '8b210e38-b8a9-41df-a96e-1ffe4512f6d1',
  name: 'API Client Auth Certificate',
  common_name: 'Service User Client Auth',
  end_date: '2027-11-22T23:59:59Z',
  start_date: '2026-11-23T00:00:00Z',
  enabled: true,
  serial_number: '6403F2A8B1234567890ABCDE',
  public_key: 'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA…',
}

export const EXAMPLE_WHOLE_CERTIFICATE: Static<typeof WholeCertificateView> = {
  ...EXAMPLE_CERTIFICATE,
  x509_cert: '-----BEGIN CERTIFICATE-----\nMIIDXTCCAkWgAwIBAgIQZA…\n-----END CERTIFICATE-----\n',
  ca_cert: '-----BEGIN CERTIFICATE-----\nMIIEFjCCAv6gAwIBAgIQDx…\n-----END CERTIFICATE-----\n',
}
