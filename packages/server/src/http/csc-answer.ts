/** What the Cloud Signature Consortium's API answers, in the OpenAPI document. */
import { Type } from 'typebox'
import { MOST_SIGNATURES } from '../domain/authorize-signatures.ts'
import type { CscVersion } from './csc-view.ts'

const optionalStrings = (...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, Type.Optional(Type.String())]))

/** The answer of `info`, CSC §11.1. */
export const Info = Type.Object(
  {
    specs: Type.String(),
    name: Type.String(),
    logo: Type.String(),
    region: Type.String({ description: 'The country of the account; ZZ where its locale names none' }),
    lang: Type.String(),
    description: Type.String(),
    authType: Type.Array(Type.String()),
    methods: Type.Array(Type.String()),
  },
  { title: 'CscInfo' },
)

/** The answer of `info` of version 2. */
export const InfoOfSecond = Type.Object(
  {
    ...Info.properties,
    asynchronousOperationMode: Type.Boolean(),
    signAlgorithms: Type.Object({ algos: Type.Array(Type.String()) }),
    signature_formats: Type.Object({
      formats: Type.Array(Type.String()),
      envelope_properties: Type.Array(Type.Array(Type.String())),
    }),
    conformance_levels: Type.Array(Type.String()),
  },
  { title: 'CscInfo2' },
)

const credentialFields = {
  description: Type.String(),
  key: Type.Object({
    status: Type.Enum(['enabled', 'disabled'], { type: 'string' }),
    algo: Type.Array(Type.String(), { description: 'Object identifiers, the one to prefer first' }),
    len: Type.Integer(),
    curve: Type.Optional(Type.String()),
  }),
  cert: Type.Object({
    status: Type.Enum(['valid', 'expired', 'revoked', 'suspended'], { type: 'string' }),
    certificates: Type.Optional(
      Type.Array(Type.String(), { description: 'DER, base64: the credential’s own first, the root last' }),
    ),
    ...optionalStrings('issuerDN', 'serialNumber', 'subjectDN', 'validFrom', 'validTo'),
  }),
}
const otherFields = {
  SCAL: Type.String({ description: '2: an authorisation is for the hashes that it names' }),
  multisign: Type.Integer({ description: 'How many signatures are authorised at once, at most' }),
  lang: Type.String(),
}

/** The answer of `credentials/info`, CSC §11.5. */
export const FirstCredential = Type.Object(
  {
    ...credentialFields,
    authMode: Type.String(),
    PIN: Type.Optional(Type.Object({ presence: Type.String(), ...optionalStrings('format', 'label', 'description') })),
    OTP: Type.Optional(Type.Object({ presence: Type.String() })),
    ...otherFields,
  },
  { title: 'CscCredential' },
)

/** The answer of `credentials/info` of version 2. */
export const SecondCredential = Type.Object(
  {
    ...credentialFields,
    auth: Type.Object({
      mode: Type.String(),
      expression: Type.Optional(Type.String()),
      objects: Type.Optional(
        Type.Array(
          Type.Object({
            type: Type.String(),
            id: Type.String(),
            format: Type.String(),
            label: Type.String(),
            description: Type.String(),
          }),
        ),
      ),
    }),
    ...otherFields,
  },
  { title: 'CscCredential2' },
)

/** The answer of `credentials/authorize` and `credentials/extendTransaction`, CSC §11.6. */
export const Activation = Type.Object(
  { SAD: Type.String(), expiresIn: Type.Integer({ description: 'Seconds' }) },
  { title: 'CscActivation' },
)
/** The answer of `signatures/signHash`, CSC §11.9. */
export const Signatures = Type.Object(
  { signatures: Type.Array(Type.String(), { description: 'Base64, in the order of the hashes; ECDSA as DER' }) },
  { title: 'CscSignatures' },
)
/** The answer of `signatures/timestamp`, CSC §11.10. */
export const TimeStamp = Type.Object(
  { timestamp: Type.String({ description: 'A TimeStampToken, RFC 3161, DER, base64' }) },
  { title: 'CscTimeStamp' },
)

/** The service of the examples. */
export const EXAMPLE_SERVICE = { name: 'Countersign', logo: 'https://countersign.localhost:8443/logo.png' }

/** The credential of the examples. */
export function exampleCredential({ isSecond }: CscVersion) {
  const pin = { format: 'A', label: 'PIN', description: 'The PIN that came with the credential' }
  return {
    description: 'picture-desk',
    key: { status: 'enabled', algo: ['1.2.840.10045.4.3.2'], len: 256, curve: '1.2.840.10045.3.1.7' },
    cert: {
      status: 'valid',
      certificates: ['MIICxzCCAm6gAwIBAgIU…', 'MIICbTCCAhOgAwIBAgIU…', 'MIIB8TCCAZigAwIBAgIU…'],
      issuerDN: 'CN=Countersign Content Signing CA,O=Countersign',
      serialNumber: '5AAC41CD8FA22B953640',
      subjectDN: 'CN=Picture desk,O=Nordwind',
      validFrom: '20261123000000Z',
      validTo: '20271122235959Z',
    },
    ...(isSecond
      ? { auth: { mode: 'explicit', expression: 'PIN', objects: [{ type: 'Password', id: 'PIN', ...pin }] } }
      : { authMode: 'explicit', PIN: { presence: 'true', ...pin }, OTP: { presence: 'false' } }),
    SCAL: '2',
    multisign: MOST_SIGNATURES,
    lang: 'en-US',
  }
}
