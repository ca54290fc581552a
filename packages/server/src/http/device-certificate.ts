/** What a request for a device's certificate looks like, and its answer. */
import { encodeBase64, encodePem } from '@countersign/codec'
import type { PrivateKeySyntax } from '@countersign/pki'
import { type Static, Type } from 'typebox'
import type { GivenAttribute } from '../domain/certificate-names.ts'
import { DEVICE_IDENTIFIER } from '../domain/device.ts'
import { DEVICE_KEY_TYPES } from '../domain/device-key-type.ts'
import type { EnrolledCertificate, KeyWish } from '../domain/enroll-certificate.ts'
import { certificateFiles, PRIVATE_KEY_FORMATS } from '../domain/private-key-file.ts'
import { Refusal } from '../domain/refusal.ts'
import { zipFile } from '../domain/zip-file.ts'

/** Which certificate an address is that of. */
export const CertificateParams = Type.Object({
  id: Type.String({ description: 'The id of the certificate, or its serial number' }),
})

/** How many fields a request has at most. */
export const MOST_ATTRIBUTES = 100
const MOST_VALUES = 100
/** Of a field. */
export const LONGEST_VALUE = 4_096
/** As long as certificate and request can be. */
export const LONGEST_PEM = 131_072

const Attribute = Type.Object(
  {
    id: Type.String({ maxLength: 255 }),
    value: Type.Union([
      Type.String({ maxLength: LONGEST_VALUE }),
      Type.Array(Type.String({ maxLength: LONGEST_VALUE }), { maxItems: MOST_VALUES }),
    ]),
  },
  { title: 'EnrollmentAttribute' },
)
/** Fields of a request. */
export const Attributes = (description: string) =>
  Type.Optional(Type.Union([Type.Array(Attribute, { maxItems: MOST_ATTRIBUTES }), Type.Null()], { description }))
/** A text that may be left out. */
export const OptionalText = (description: string, maxLength = 255) =>
  Type.Optional(Type.Union([Type.String({ maxLength }), Type.Null()], { description }))
const Flag = (description: string) => Type.Optional(Type.Union([Type.Boolean(), Type.Null()], { description }))

/** The body of a request. */
export const EnrollBody = Type.Object(
  {
    enrollment_profile_id: OptionalText(
      'IOT_ and a UUID. Who has a passcode or an authentication certificate of one profile alone may leave it out',
    ),
    certificate_profile_attributes: Attributes(
      'Fields of the certificate that the profile has, as subject.common_name and san.dns_name: each once, several values as an array',
    ),
    device_attributes: Attributes(`${DEVICE_IDENTIFIER}: which device it is; one that is not known is made`),
    csr: OptionalText('PKCS #10, PEM, where the device made its key', LONGEST_PEM),
    server_side_key_gen: Flag('true where the key is to be made here; then there is no csr'),
    key_type: OptionalText(
      `Of a key that is made here: ${DEVICE_KEY_TYPES.join(', ')}, as far as the profile has them. Its default when left out; ignored where the profile fixes it`,
    ),
    private_key_format: OptionalText(
      `Of a key that is made here, and then required: ${PRIVATE_KEY_FORMATS.join(', ')}`,
    ),
    private_key_syntax: OptionalText(
      'pkcs8 (when left out), or pkcs1: PKCS #1 for RSA keys, SEC 1 for those on curves. Not for pkcs_12',
    ),
    pkcs12_password: OptionalText('For pkcs_12: 6 to 20 characters of A-Z, a-z and 0-9'),
    encryption_certificate: OptionalText(
      'For cert_encrypted and cert_encrypted_key_only: the certificate, PEM, of who decrypts; of an RSA key or one on P-256, P-384 or P-521',
      LONGEST_PEM,
    ),
    include_certificate_chain: Flag(
      'Whether pem has the intermediates behind the certificate, and files the root, too; true when left out',
    ),
    response_with_certificate_file: Flag('true for a file in place of JSON'),
  },
  {
    title: 'EnrollCertificate',
    examples: [
      {
        enrollment_profile_id: 'IOT_019ab2c4-0001-7d02-8f5e-4c1a9b7b2f10',
        certificate_profile_attributes: [{ id: 'subject.common_name', value: 'sensor-1' }],
        device_attributes: [{ id: DEVICE_IDENTIFIER, value: 'SN-0001' }],
        server_side_key_gen: true,
        key_type: 'p_256',
        private_key_format: 'pem',
      },
    ],
  },
)

/**
 * What tells a request from others under its Idempotency-Key: all that is read of it, and nothing that is not, however deep
 * that may be. What protects the file of a key is asked for anew each time, and not kept, as no key is.
 */
export function askedOf(body: Static<typeof EnrollBody>): object {
  return {
    ...Object.fromEntries(TELLING.map((field) => [field, body[field]])),
    certificate_profile_attributes: attributesOf(body.certificate_profile_attributes),
    device_attributes: attributesOf(body.device_attributes),
  }
}

/** Fields of a request, and nothing that stands beside: what waits for approval, or in a batch, is kept. */
export function attributesOf(given: readonly Static<typeof Attribute>[] | null | undefined): GivenAttribute[] {
  return (given ?? []).map(({ id, value }) => ({ id, value }))
}

const OTHERWISE = ['certificate_profile_attributes', 'device_attributes', 'pkcs12_password']
const TELLING = (Object.keys(EnrollBody.properties) as (keyof Static<typeof EnrollBody>)[]).filter(
  (field) => !OTHERWISE.includes(field),
)

/** The answer, where it is JSON. */
export const EnrolledView = Type.Object(
  {
    certificate_request_id: Type.String(),
    status: Type.Enum(['AUTO_APPROVED', 'APPROVED'], { type: 'string' }),
    result: Type.Enum(['SUCCESS'], { type: 'string' }),
    certificate_id: Type.String(),
    pem: Type.String({ description: 'The certificate and, unless they are not wanted, its intermediates' }),
    private_key: Type.Optional(
      Type.String({
        description: 'Of a key that was made here, this once: text for pem, otherwise the bytes of the file in base64',
      }),
    ),
  },
  { title: 'EnrolledCertificate' },
)

/** Whose key a request wants to be certified. Throws a Refusal where it does not say, or says two things. */
export function keyWishOf(body: Static<typeof EnrollBody>): KeyWish {
  const csr = body.csr ?? ''
  if (body.server_side_key_gen !== true) {
    if (csr !== '') return { by: 'client', csr }
    throw invalid('csr: a request in PEM, or "server_side_key_gen": true for a key that is made here.')
  }
  if (csr !== '') throw invalid('csr: not together with server_side_key_gen: the key is made here, or by the device.')
  const format = PRIVATE_KEY_FORMATS.find((known) => known === body.private_key_format?.toLowerCase())
  if (!format) throw invalid(`private_key_format: one of ${PRIVATE_KEY_FORMATS.join(', ')}.`)
  return {
    by: 'server',
    keyType: body.key_type ?? undefined,
    privateKey: {
      format,
      syntax: syntaxOf(body.private_key_syntax ?? undefined),
      pkcs12Password: body.pkcs12_password ?? undefined,
      encryptionCertificate: body.encryption_certificate ?? undefined,
    },
  }
}

/** The words of DigiCert's own are not public: all that people write for them. */
const SYNTAXES: Readonly<Record<string, PrivateKeySyntax>> = {
  pkcs8: 'PKCS#8',
  pkcs1: 'traditional',
  sec1: 'traditional',
}

/** The syntax of a key, by its name in a request. */
export function syntaxOf(text: string | undefined): PrivateKeySyntax | undefined {
  if (text === undefined) return undefined
  const syntax = SYNTAXES[text.toLowerCase().replaceAll(/[-_# ]/g, '')]
  if (syntax) return syntax
  throw invalid('private_key_syntax: pkcs8, or pkcs1 for what is older.')
}

/** The answer as JSON. */
export function enrolledView(made: EnrolledCertificate, includesChain: boolean): Static<typeof EnrolledView> {
  const { request, certificate, intermediates, privateKey } = made
  const certificates = [certificate.bytes, ...(includesChain ? intermediates : [])]
  return {
    certificate_request_id: request.id,
    status: request.status,
    result: 'SUCCESS',
    certificate_id: certificate.id,
    pem: certificates.map((bytes) => encodePem('CERTIFICATE', bytes)).join(''),
    ...(privateKey && {
      private_key:
        privateKey.format === 'pem' ? new TextDecoder().decode(privateKey.bytes) : encodeBase64(privateKey.bytes),
    }),
  }
}

/** A file in place of JSON. */
export type CertificateFile = { readonly name: string; readonly type: string; readonly bytes: Uint8Array }

const PEM_TYPE = 'application/x-pem-file'
const ZIP_TYPE = 'application/zip'

/** The media types of files. */
export const FILE_TYPES = [PEM_TYPE, 'application/x-pkcs12', 'application/pkcs7-mime', ZIP_TYPE] as const

/** The answer as a file: the certificate and its key, and the authorities up to the root unless they are not wanted. */
export function certificateFile(made: EnrolledCertificate, includesChain: boolean): CertificateFile {
  const { certificate, intermediates, root, privateKey } = made
  const files = certificateFiles(certificate.bytes, includesChain ? [...intermediates, root] : [])
  switch (privateKey?.format) {
    case 'pkcs_12':
      return { name: 'certificate.p12', type: 'application/x-pkcs12', bytes: privateKey.bytes }
    case 'cert_encrypted':
      return { name: 'certificate.p7m', type: 'application/pkcs7-mime', bytes: privateKey.bytes }
    case 'der':
      return zipped({ ...files, 'private_key.der': privateKey.bytes }, certificate.createdAt)
    case 'cert_encrypted_key_only':
      return zipped({ ...files, 'private_key.p7m': privateKey.bytes }, certificate.createdAt)
    default: {
      const parts = [...Object.values(files), ...(privateKey ? [privateKey.bytes] : [])]
      return { name: 'certificate.pem', type: PEM_TYPE, bytes: Buffer.concat(parts) }
    }
  }
}

function zipped(files: Readonly<Record<string, Uint8Array>>, at: Date): CertificateFile {
  return { name: 'certificate.zip', type: ZIP_TYPE, bytes: zipFile(files, at) }
}

function invalid(message: string): Refusal {
  return new Refusal('invalid', 'invalid_request', message)
}
