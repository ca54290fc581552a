/**
 * A CSC service of somebody else, over TLS, to the letter of its specification (1.0.4.0): an SAD is for these hashes,
 * once. OpenSSL makes its signatures. It remembers everything that it was sent.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeBase64, encodeBase64, encodePem } from '@countersign/codec'
import {
  extensions,
  keyIdentifier,
  name,
  oids,
  randomSerialNumber,
  signCertificate,
  signTimeStampToken,
  TimeStampReq,
  timeStampRequest,
} from '@countersign/pki'
import { run } from '../../../test/command.ts'
import { authority, CLAIM_SIGNING, issue, root, TIME_STAMPING } from '../../c2pa/test/credential.ts'
import { startTlsServer } from './tls-server.ts'

export const PIN = '48151623'
const MOST_ATTEMPTS = 5

export type StrictCsc = {
  readonly url: string
  readonly ca: string
  /** The roots of its certificates, PEM. */
  readonly anchors: string
  /** Methods and bodies, in the order in which they came. */
  readonly asked: readonly { readonly method: string; readonly body: Fields }[]
  /** All bytes that came in bodies. */
  received(): number
  stop(): Promise<void>
}

type Fields = {
  readonly credentialID?: string
  readonly certificates?: string
  readonly PIN?: string
  readonly SAD?: string
  readonly hash?: readonly string[] | string
  readonly hashAlgo?: string
  readonly signAlgo?: string
  readonly signAlgoParams?: string
  readonly numSignatures?: number
  readonly nonce?: string
}

type Key = { readonly privateKey: KeyObject; readonly sign: readonly string[] }

const KEYS: { readonly [credential: string]: () => Key } = {
  'EC desk': () => ({ ...generateKeyPairSync('ec', { namedCurve: 'P-256' }), sign: [] }),
  'RSA desk': () => ({
    ...generateKeyPairSync('rsa', { modulusLength: 2048 }),
    sign: ['rsa_padding_mode:pss', 'digest:sha256', 'rsa_pss_saltlen:digest'],
  }),
}

export class Declined extends Error {}

export async function startStrictCsc(): Promise<StrictCsc> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-csc-'))
  const file = (path: string): string => join(folder, path)
  const chains = new Map<string, readonly Uint8Array[]>()
  const options = new Map<string, readonly string[]>()
  for (const [credential, newKey] of Object.entries(KEYS)) {
    const { privateKey, sign } = newKey()
    writeFileSync(file(credential), privateKey.export({ format: 'pem', type: 'pkcs8' }))
    options.set(credential, sign)
    chains.set(credential, [await leafOf(privateKey), authority.certificate.bytes, root.certificate.bytes])
  }
  const stampRoot = await issue('Time Stamp Root')
  const stamper = await issue('Time Stamper', { issuer: stampRoot, purposes: [TIME_STAMPING] })

  const asked: { method: string; body: Fields }[] = []
  const open = new Map<string, { readonly hashes: readonly string[]; readonly left: number }>()
  let failures = 0
  let count = 0

  const activate = (hashes: readonly string[], left: number) => {
    const SAD = `sad-${++count}`
    open.set(SAD, { hashes, left })
    return { SAD, expiresIn: 60 }
  }
  const take = (SAD = ''): { hashes: readonly string[]; left: number } => {
    const found = open.get(SAD)
    if (!found) throw new Declined('Invalid parameter SAD')
    open.delete(SAD)
    return found
  }
  // What was signed for may be extended once, by those signatures that are left.
  const spent = new Map<string, number>()

  const methods: { readonly [method: string]: (body: Fields) => Promise<object> } = {
    'credentials/info': async ({ credentialID = '', certificates }) => {
      const chain = chains.get(credentialID)
      if (!chain) throw new Declined('Invalid parameter credentialID')
      const wanted = certificates === 'chain' ? chain : chain.slice(0, 1)
      return { cert: { status: 'valid', certificates: wanted.map(encodeBase64) }, multisign: 100 }
    },
    'credentials/authorize': async ({ PIN: pin, hash, numSignatures = 0 }) => {
      if (failures >= MOST_ATTEMPTS) throw new Declined('The PIN is locked.')
      if (pin !== PIN) {
        failures += 1
        throw new Declined('The PIN is invalid.')
      }
      if (!Array.isArray(hash) || hash.length === 0 || hash.length > numSignatures) throw new Declined('Invalid hash')
      return activate(hash, numSignatures)
    },
    'credentials/extendTransaction': async ({ SAD = '', hash }) => {
      const left = spent.get(SAD)
      spent.delete(SAD)
      if (left === undefined) throw new Declined('Invalid parameter SAD')
      if (!Array.isArray(hash) || hash.length > left) throw new Declined('numSignatures is too low')
      return activate(hash, left)
    },
    'signatures/signHash': async ({ credentialID = '', SAD = '', hash, signAlgo, signAlgoParams }) => {
      const { hashes, left } = take(SAD)
      if (!Array.isArray(hash) || hash.join() !== hashes.join()) throw new Declined('Hash is not authorized by the SAD')
      const isRsa = signAlgo === oids.rsassaPss && signAlgoParams !== undefined
      if (!isRsa && signAlgo !== oids.ecdsaWithSHA256) throw new Declined('Invalid parameter signAlgo')
      spent.set(SAD, left - hash.length)
      return { signatures: await Promise.all(hash.map((text) => sign(credentialID, decodeBase64(text)))) }
    },
    'signatures/timestamp': async ({ hash, hashAlgo, nonce = '' }) => {
      if (typeof hash !== 'string' || hashAlgo !== oids.sha256) throw new Declined('Invalid parameter hash')
      const request = timeStampRequest({
        hash: decodeBase64(hash),
        algorithm: 'sha256',
        nonce: BigInt(nonce),
        certReq: true,
      })
      const token = await signTimeStampToken(
        {
          request: TimeStampReq.decode(request),
          policy: '1.3.6.1.4.1.99999.1',
          serialNumber: randomSerialNumber(),
          genTime: new Date(),
          certificate: stamper.certificate,
          chain: [],
        },
        stamper.signer,
      )
      return { timestamp: encodeBase64(token) }
    },
  }

  async function sign(credential: string, hash: Uint8Array): Promise<string> {
    const path = file(`hash-${++count}`)
    writeFileSync(path, hash)
    const flags = (options.get(credential) ?? []).flatMap((option) => ['-pkeyopt', option])
    const { status, stderr } = await run('openssl', [
      ...['pkeyutl', '-sign', '-inkey', file(credential), '-in', path, '-out', `${path}.sig`],
      ...flags,
    ])
    if (status !== 0) throw new Error(stderr)
    return encodeBase64(await readFile(`${path}.sig`))
  }

  let received = 0
  const server = await startTlsServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    received += Buffer.concat(pieces).length
    const method = request.url?.replace('/documentmanager/csc/v1/', '') ?? ''
    const body: Fields = JSON.parse(Buffer.concat(pieces).toString())
    asked.push({ method, body })
    const answer = (status: number, value: object): void => void response.writeHead(status).end(JSON.stringify(value))
    try {
      const work = methods[method]
      if (!work) throw new Error(`no method ${method}`)
      answer(200, await work(body))
    } catch (error) {
      if (!(error instanceof Declined)) throw error
      answer(400, { error: 'invalid_request', error_description: error.message })
    }
  })

  return {
    url: server.url,
    ca: server.ca,
    anchors: [root, stampRoot].map(({ certificate }) => encodePem('CERTIFICATE', certificate.bytes)).join(''),
    asked,
    received: () => received,
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function leafOf(privateKey: KeyObject): Promise<Uint8Array> {
  const publicKey = new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }))
  return signCertificate(
    {
      serialNumber: randomSerialNumber(),
      issuer: authority.certificate.subject,
      subject: name({ C: 'DE', O: 'Example', CN: 'Picture desk' }),
      notBefore: new Date(Date.now() - 3_600_000),
      notAfter: new Date(Date.now() + 86_400_000),
      publicKey,
      extensions: [
        extensions.basicConstraints({ cA: false }),
        extensions.keyUsage(['digitalSignature', 'nonRepudiation']),
        extensions.extendedKeyUsage([CLAIM_SIGNING, '1.3.6.1.5.5.7.3.4']),
        extensions.subjectKeyIdentifier(keyIdentifier(publicKey)),
        extensions.authorityKeyIdentifier(keyIdentifier(authority.signer.publicKey)),
      ],
    },
    authority.signer,
  )
}
