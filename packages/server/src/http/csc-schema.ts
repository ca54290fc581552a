/** The Cloud Signature Consortium's API in the OpenAPI document. */
import { Type } from 'typebox'
import { MOST_SIGNATURES } from '../domain/authorize-signatures.ts'
import { SIGN_ALGORITHMS } from '../domain/csc-signature-algorithm.ts'
import {
  Activation,
  EXAMPLE_SERVICE,
  exampleCredential,
  FirstCredential,
  Info,
  InfoOfSecond,
  SecondCredential,
  Signatures,
  TimeStamp,
} from './csc-answer.ts'
import { type CscVersion, infoView } from './csc-view.ts'
import { AccountError, C2paErrorBody, COMMON_ANSWERS, c2paAnswer, jsonAnswer } from './openapi.ts'
import { CSC_ERRORS, WRONG_MEDIA_TYPE } from './problem.ts'

const SHA256_OID = '2.16.840.1.101.3.4.2.1'
const HASH = 'sTOgwOm+474gFj0q0x1iSNspKqbcse4IeiqlDg/HWuI='
const SAD = 'nSVpA3q3Qx1Xk9VnT2cR0o7bWkq0mJb1s6mTtqf0r3E='

const CredentialId = Type.String({ description: 'The nickname of a credential, or its id', examples: ['picture-desk'] })
const Sad = Type.String({ description: 'What stands for the authorisation', examples: [SAD] })
const ClientData = Type.Optional(Type.String({ description: 'Passed over' }))
const Lang = Type.Optional(Type.String({ description: 'Passed over: answers are in English' }))
const HashAlgorithm = (more: string) =>
  Type.String({ description: `Object identifier of SHA-256, SHA-384 or SHA-512. ${more}`, examples: [SHA256_OID] })
const Hashes = (more: string) =>
  Type.Array(Type.String({ examples: [HASH] }), {
    minItems: 1,
    maxItems: MOST_SIGNATURES,
    description: `Base64. With a key for Ed25519, what is to be signed, and not its hash. ${more}`,
  })

const credentialParts = {
  certificates: Type.Optional(
    Type.Enum(['none', 'single', 'chain'], {
      type: 'string',
      description: 'Which certificates are wanted; single unless said',
    }),
  ),
  certInfo: Type.Optional(Type.Boolean({ description: 'Whether names, number and validity are wanted' })),
  authInfo: Type.Optional(Type.Boolean({ description: 'Whether it is wanted what takes an authorisation' })),
}

const INVALID_CREDENTIAL = [
  'Missing (or invalid type) string parameter credentialID',
  'Invalid parameter credentialID',
] as const
const UNUSABLE = [
  ...INVALID_CREDENTIAL,
  'The credential identified by credentialID is disabled',
  'Signing certificate is expired',
] as const
const INVALID_SAD = ['Missing (or invalid type) string parameter SAD', 'Invalid parameter SAD', 'SAD expired'] as const

function invalidHashes({ names: { hashes, hashAlgorithm } }: CscVersion): readonly string[] {
  return [
    `Missing (or invalid type) array parameter ${hashes}`,
    'Empty hash array',
    'Invalid Base64 hash string parameter',
    'Invalid digest value length',
    `Invalid parameter ${hashAlgorithm}`,
  ]
}

/** What may go wrong with every method, and with this one. */
function answers(sentences: readonly string[], isForAll = false): object {
  const invalid = [...sentences, 'The body is to be a JSON object.']
  return {
    400: c2paAnswer(
      'A parameter is missing or wrong, or nothing may be signed with it',
      invalid.map((sentence) => ['invalid_request', sentence]),
    ),
    403: jsonAnswer(
      isForAll
        ? 'No client certificate, or one that does not count'
        : 'No client certificate, or one that does not count; or the user may not sign',
      isForAll ? AccountError : Type.Union([AccountError, C2paErrorBody]),
      {
        AUTHORIZATION_ERROR: {
          summary: 'No authentication data provided',
          value: { errors: [{ code: 'AUTHORIZATION_ERROR', message: 'No authentication data provided' }] },
        },
        ...(!isForAll && {
          access_denied: {
            summary: 'The user needs the permission SIGN_CTM_CONTENT',
            value: { error: 'access_denied', error_description: 'The user needs the permission SIGN_CTM_CONTENT' },
          },
        }),
      },
    ),
    413: c2paAnswer('Too large', [['invalid_request', 'The request is too large.']]),
    415: c2paAnswer('No JSON', [['invalid_request', WRONG_MEDIA_TYPE.csc]]),
    500: c2paAnswer('The platform failed', [[CSC_ERRORS.server[1], CSC_ERRORS.server[2]]]),
    503: c2paAnswer('Too much is under way', [[CSC_ERRORS.unavailable[1], CSC_ERRORS.unavailable[2]]]),
    ...COMMON_ANSWERS,
  }
}

const example = (value: object) => ({ example: { summary: 'an answer', value } })

/** The schemas of a version's methods. */
export function cscSchemas(version: CscVersion) {
  const { path, specs, names, isSecond } = version
  const { hashes, hashAlgorithm } = names
  const tags = ['Remote signing']
  const described = (name: string, summary: string, description: string) => ({
    tags,
    operationId: `csc${path.toUpperCase()}${name}`,
    summary: `${summary} (CSC ${path})`,
    description,
    // What came before version 1 is there for who asks for it, and no new client is to.
    hide: path === 'v0',
  })
  const Credential = isSecond ? SecondCredential : FirstCredential
  const credentialExample = exampleCredential(version)
  const hashFields = (more: string) => ({
    [hashes]: Hashes(more),
    [hashAlgorithm]: Type.Optional(HashAlgorithm('What they were made by; else their length says it')),
  })
  const activated = jsonAnswer('What stands for the authorisation', Activation, example({ SAD, expiresIn: 300 }))

  return {
    info: {
      ...described('Info', 'What the service can', `The service, as version ${specs} of the API describes it.`),
      body: Type.Object({ lang: Lang }, { title: 'CscInfoRequest' }),
      response: {
        200: jsonAnswer(
          'The service',
          isSecond ? InfoOfSecond : Info,
          example(infoView(version, EXAMPLE_SERVICE, { locale: 'en_US' })),
        ),
        ...answers(['Missing (or invalid type) string parameter lang'], true),
      },
    },
    'credentials/list': {
      ...described('ListCredentials', 'List credentials', 'Your own, and those of the account.'),
      body: Type.Object(
        {
          userID: Type.Optional(Type.String({ description: 'Your own id, if any: the certificate says who you are' })),
          maxResults: Type.Optional(Type.Integer({ minimum: 1 })),
          pageToken: Type.Optional(Type.String({ description: 'nextPageToken of the answer before' })),
          credentialInfo: Type.Optional(Type.Boolean({ description: 'Whether their details are wanted' })),
          ...credentialParts,
          onlyValid: Type.Optional(Type.Boolean({ description: 'Whether only those are wanted that may sign now' })),
          lang: Lang,
          clientData: ClientData,
        },
        { title: 'CscListRequest' },
      ),
      response: {
        200: jsonAnswer(
          'The credentials, oldest first',
          Type.Object(
            {
              credentialIDs: Type.Array(Type.String()),
              credentialInfos: Type.Optional(
                Type.Array(Type.Object({ credentialID: Type.String(), ...Credential.properties })),
              ),
              onlyValid: Type.Optional(Type.Boolean()),
              nextPageToken: Type.Optional(Type.String({ description: 'There where more are' })),
            },
            { title: isSecond ? 'CscCredentials2' : 'CscCredentials' },
          ),
          example({
            credentialIDs: ['picture-desk'],
            credentialInfos: [{ credentialID: 'picture-desk', ...credentialExample }],
          }),
        ),
        ...answers([
          'Invalid parameter userID',
          'Invalid parameter certificates',
          'Invalid parameter maxResults',
          'Invalid parameter pageToken',
          'Missing (or invalid type) boolean parameter credentialInfo',
        ]),
      },
    },
    'credentials/info': {
      ...described('GetCredential', 'Get a credential', 'Its key, its certificates, and what takes an authorisation.'),
      body: Type.Object(
        { credentialID: CredentialId, ...credentialParts, lang: Lang, clientData: ClientData },
        { title: 'CscCredentialRequest' },
      ),
      response: {
        200: jsonAnswer('The credential', Credential, example(credentialExample)),
        ...answers([...INVALID_CREDENTIAL, 'Invalid parameter certificates']),
      },
    },
    'credentials/authorize': {
      ...described(
        'Authorize',
        'Authorise signatures',
        'Gives signature activation data (SAD) that is good for five minutes, for one signHash over these hashes, by you. Where more signatures are authorised than there are hashes, extendTransaction gives the next.',
      ),
      body: Type.Object(
        {
          credentialID: CredentialId,
          numSignatures: Type.Integer({ minimum: 1, maximum: MOST_SIGNATURES, examples: [1] }),
          ...hashFields('At most numSignatures'),
          ...(isSecond && {
            authData: Type.Optional(
              Type.Array(Type.Object({ id: Type.String({ examples: ['PIN'] }), value: Type.String() }), {
                description: 'The PIN, of a user’s own credential; the account’s have none',
              }),
            ),
          }),
          PIN: Type.Optional(Type.String({ description: 'Of a user’s own credential; the account’s have none' })),
          description: Type.Optional(Type.String({ description: 'Passed over' })),
          clientData: ClientData,
        },
        { title: isSecond ? 'CscAuthorizeRequest2' : 'CscAuthorizeRequest' },
      ),
      response: {
        200: activated,
        ...answers([
          ...UNUSABLE,
          'Missing (or invalid type) integer parameter numSignatures',
          'Invalid value for parameter numSignatures',
          'Numbers of signatures is too high',
          ...invalidHashes(version),
          'Missing (or invalid type) string parameter PIN',
          'The PIN is invalid.',
          'The PIN is locked.',
        ]),
      },
    },
    'credentials/extendTransaction': {
      ...described(
        'ExtendTransaction',
        'Go on signing',
        'Gives the next signature activation data for who has the one before, used or not, in exchange for it: for other hashes, without the PIN, within an hour of it.',
      ),
      body: Type.Object(
        { credentialID: CredentialId, SAD: Sad, ...hashFields('As many as are left at most'), clientData: ClientData },
        { title: isSecond ? 'CscExtendRequest2' : 'CscExtendRequest' },
      ),
      response: {
        200: activated,
        ...answers([...UNUSABLE, ...INVALID_SAD, 'Numbers of signatures is too high', ...invalidHashes(version)]),
      },
    },
    'signatures/signHash': {
      ...described(
        'SignHash',
        'Sign hashes',
        'Signs hashes that were authorised, once. ECDSA signatures are DER. Ed25519 hashes by itself: there, what is to be signed is sent in place of its hash.',
      ),
      body: Type.Object(
        {
          credentialID: CredentialId,
          SAD: Sad,
          [hashes]: Hashes('Some of those that were authorised'),
          [hashAlgorithm]: Type.Optional(HashAlgorithm('Needed where signAlgo names no hash')),
          signAlgo: Type.String({
            description: 'Object identifier: one of the credential’s',
            examples: [...new Set(Object.values(SIGN_ALGORITHMS).flat())],
          }),
          signAlgoParams: Type.Optional(
            Type.String({
              description: 'Of RSASSA-PSS: RSASSA-PSS-params, DER, base64; the salt as long as the hash, or longer',
            }),
          ),
          ...(isSecond && {
            operationMode: Type.Optional(Type.String({ description: 'S, and no other', examples: ['S'] })),
          }),
          clientData: ClientData,
        },
        { title: isSecond ? 'CscSignHashRequest2' : 'CscSignHashRequest' },
      ),
      response: {
        200: jsonAnswer(
          'The signatures',
          Signatures,
          example({ signatures: ['MEUCIQDk0nB5hTn3Yl1e…', 'MEQCIGq0mJb1s6mTtqf0…'] }),
        ),
        ...answers([
          ...UNUSABLE,
          ...INVALID_SAD,
          'Hash is not authorized by the SAD',
          ...invalidHashes(version),
          `Missing (or invalid type) string parameter ${hashAlgorithm}`,
          'Missing (or invalid type) string parameter signAlgo',
          'Invalid parameter signAlgo',
          'Missing (or invalid type) string parameter signAlgoParams',
          'Invalid parameter signAlgoParams',
          'Invalid parameter operationMode',
        ]),
      },
    },
    'signatures/timestamp': {
      ...described(
        'Timestamp',
        'Get a time stamp',
        'A time stamp over a hash, of the authority that signed files have theirs of.',
      ),
      body: Type.Object(
        {
          hash: Type.String({ description: 'Base64', examples: [HASH] }),
          hashAlgo: HashAlgorithm('Of the hash'),
          nonce: Type.Optional(
            Type.String({ description: 'A random number: decimal in version 1, hexadecimal in version 2' }),
          ),
          clientData: ClientData,
        },
        { title: 'CscTimestampRequest' },
      ),
      response: {
        200: jsonAnswer('The time stamp', TimeStamp, example({ timestamp: 'MIIGmQYJKoZIhvcNAQcCoIIG…' })),
        ...answers([
          'Missing (or invalid type) string parameter hash',
          'Empty hash parameter',
          'Invalid Base64 hash string parameter',
          'Missing (or invalid type) string parameter hashAlgo',
          'Invalid parameter hashAlgo',
          'Invalid digest value length',
          'Invalid parameter nonce',
        ]),
        502: c2paAnswer('The time-stamp authority failed', [[CSC_ERRORS.upstream[1], CSC_ERRORS.upstream[2]]]),
        504: c2paAnswer('The time-stamp authority took too long', [[CSC_ERRORS.timeout[1], CSC_ERRORS.timeout[2]]]),
      },
    },
  }
}
