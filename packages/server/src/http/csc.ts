/** The API of the Cloud Signature Consortium: hashes are signed here, and what they are of stays where it is. */

import { encodeBase64 } from '@countersign/codec'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Principal } from '../domain/authenticate.ts'
import { authorizeSignatures, extendAuthorization, type ToldActivation } from '../domain/authorize-signatures.ts'
import type { Credential } from '../domain/credential.ts'
import { detailsOf, findCscCredential, listForSigning } from '../domain/csc-credential.ts'
import { invalid } from '../domain/csc-refusal.ts'
import type { SignContentWorld } from '../domain/sign-content.ts'
import { signHashes } from '../domain/sign-hashes.ts'
import { stampHash } from '../domain/stamp-hash.ts'
import {
  authenticationValue,
  boolean,
  type CscBody,
  cscBody,
  oneOf,
  optionalInteger,
  optionalString,
  requiredHash,
  requiredHashes,
  requiredInteger,
  requiredString,
} from './csc-body.ts'
import { cscSchemas } from './csc-schema.ts'
import {
  type CredentialParts,
  type CscService,
  type CscVersion,
  credentialView,
  infoView,
  VERSION_0,
  VERSION_1,
  VERSION_2,
} from './csc-view.ts'
import { principalOf } from './route.ts'

/** Where the versions of the API are. */
const PATH = '/documentmanager/csc'

const KNOWN = { authentication: 'certificate', errors: 'csc' } as const
const SIGN = { ...KNOWN, permission: 'SIGN_CTM_CONTENT' } as const

type Method = (body: CscBody, principal: Principal, address: string) => Promise<object>

/** The API in its versions. */
export function addCscRoutes(app: FastifyInstance, world: SignContentWorld, service: CscService): void {
  app.register(async (scope) => {
    const parse = scope.getDefaultJsonParser('error', 'error')
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) =>
      // A method without parameters may be sent without a body.
      text.length === 0 ? done(null, {}) : parse(request, text.toString(), done),
    )
    for (const version of [VERSION_0, VERSION_1, VERSION_2]) {
      const schemas = cscSchemas(version)
      const methods = methodsOf(version, world, service)
      for (const [name, method] of Object.entries(methods)) {
        scope.post(
          `${PATH}/${version.path}/${name}`,
          {
            config: name === 'info' ? KNOWN : SIGN,
            schema: schemas[name as keyof typeof methods],
            validatorCompiler: () => () => true,
          },
          async (request: FastifyRequest) => {
            // DigiCert's clients say in the address who they are.
            const { user_id: userID } = request.query as { readonly user_id?: unknown }
            const body = cscBody(request.body)
            return method({ ...(userID !== undefined && { userID }), ...body }, principalOf(request), request.ip)
          },
        )
      }
    }
  })
}

/** The methods of a version. */
export type CscMethods = ReturnType<typeof methodsOf>

function methodsOf(version: CscVersion, world: SignContentWorld, service: CscService) {
  const { names, isSecond } = version

  const info: Method = async (body, { account }) => {
    optionalString(body, 'lang')
    return infoView(version, service, account)
  }

  const list: Method = async (body, principal) => {
    checkUser(body, principal)
    const parts = partsOf(body)
    const onlyValid = boolean(body, 'onlyValid')
    const isDetailed = boolean(body, 'credentialInfo')
    const page = pageOf(body, await listForSigning(world, principal, { onlyValid }))
    return {
      credentialIDs: page.items.map(({ nickname }) => nickname),
      ...(isDetailed && {
        credentialInfos: (await detailsOf(world, page.items)).map((one) => ({
          credentialID: one.credential.nickname,
          ...credentialView(version, one, parts),
        })),
      }),
      ...(onlyValid && { onlyValid }),
      ...(page.next !== undefined && { nextPageToken: page.next }),
    }
  }

  const details: Method = async (body, principal) => {
    const credentialId = requiredString(body, 'credentialID')
    const parts = partsOf(body)
    return credentialView(version, await findCscCredential(world, principal, credentialId), parts)
  }

  const hashesToSign = (body: CscBody) => ({
    credentialId: requiredString(body, 'credentialID'),
    hashes: requiredHashes(body, names.hashes),
    hashAlgo: optionalString(body, names.hashAlgorithm) || undefined,
  })

  const authorize: Method = async (body, principal, address) => {
    const credentialId = requiredString(body, 'credentialID')
    const signatures = requiredInteger(body, 'numSignatures')
    const wanted = { ...hashesToSign(body), credentialId, signatures, pin: pinOf(body), address }
    return activationView(await authorizeSignatures(world, principal, wanted, names))
  }

  const extendTransaction: Method = async (body, principal, address) => {
    const wanted = { ...hashesToSign(body), sad: requiredString(body, 'SAD'), address }
    return activationView(await extendAuthorization(world, principal, wanted, names))
  }

  const signHash: Method = async (body, principal, address) => {
    const credentialId = requiredString(body, 'credentialID')
    const sad = requiredString(body, 'SAD')
    refuseAsynchronous(body)
    const request = {
      ...hashesToSign(body),
      credentialId,
      sad,
      signAlgo: requiredString(body, 'signAlgo'),
      signAlgoParams: optionalString(body, 'signAlgoParams'),
      address,
    }
    const signatures = await signHashes(world, principal, request, names)
    return { signatures: signatures.map(encodeBase64) }
  }

  const timestamp: Method = async (body) => {
    const request = {
      hash: requiredHash(body, 'hash'),
      hashAlgo: requiredString(body, 'hashAlgo'),
      nonce: optionalString(body, 'nonce'),
    }
    const token = await stampHash(world.requestTimeStamp, request, isSecond ? 'hexadecimal' : 'decimal')
    return { timestamp: encodeBase64(token) }
  }

  return {
    info,
    'credentials/list': list,
    'credentials/info': details,
    'credentials/authorize': authorize,
    'credentials/extendTransaction': extendTransaction,
    'signatures/signHash': signHash,
    'signatures/timestamp': timestamp,
  } as const
}

function activationView({ sad, expiresInSeconds }: ToldActivation) {
  return { SAD: sad, expiresIn: expiresInSeconds }
}

/** Version 2 has it among the authentication objects; there it may stand as in version 1, too. */
function pinOf(body: CscBody): string | undefined {
  return (authenticationValue(body, 'PIN') ?? optionalString(body, 'PIN')) || undefined
}

/** The client certificate says whose credentials they are: the parameter may say the same. */
function checkUser(body: CscBody, { user }: Principal): void {
  const named = optionalString(body, 'userID')
  if (named !== undefined && named.toLowerCase() !== user.id) throw invalid('userID')
}

function partsOf(body: CscBody): CredentialParts {
  return {
    certificates: oneOf(body, 'certificates', ['single', 'none', 'chain']),
    certInfo: boolean(body, 'certInfo'),
    authInfo: boolean(body, 'authInfo'),
  }
}

function refuseAsynchronous(body: CscBody): void {
  if (oneOf(body, 'operationMode', ['S', 'A']) === 'A') throw invalid('operationMode')
}

const MOST_RESULTS = 1_000

/** Those after the one that the token names, as many as are wanted. */
function pageOf(
  body: CscBody,
  all: readonly Credential[],
): { readonly items: readonly Credential[]; readonly next: string | undefined } {
  const wanted = optionalInteger(body, 'maxResults') ?? MOST_RESULTS
  if (wanted < 1) throw invalid('maxResults')
  const after = optionalString(body, 'pageToken') || undefined
  const before = after === undefined ? -1 : all.findIndex(({ id }) => id === after)
  if (after !== undefined && before === -1) throw invalid('pageToken')
  const items = all.slice(before + 1, before + 1 + Math.min(wanted, MOST_RESULTS))
  const isLast = before + 1 + items.length >= all.length
  return { items, next: isLast ? undefined : items.at(-1)?.id }
}
