/** What tests of Enrollment over Secure Transport ask with. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { TestContext } from 'node:test'
import { decodeBase64, decodePemBlock, encodePem } from '@countersign/codec'
import {
  Certificate,
  createSigner,
  extensions,
  type KeyUsageBit,
  keyIdentifier,
  name,
  type RequestAttribute,
  signCertificate,
  signCertificationRequest,
} from '@countersign/pki'
import { decodeSignedData } from '../../../pki/src/cms/signed-data.ts'
import { type EnrollmentProfile, newEnrollmentProfileId } from '../../src/domain/enrollment-profile.ts'
import type { EnrollmentRight } from '../../src/domain/enrollment-right.ts'
import { newPasscode } from '../../src/domain/passcode.ts'
import { enrollmentRight } from '../store/noun.ts'
import type { Answer, AskOptions, TestPlatform } from './test-platform.ts'

/** On the mutual-TLS host, without a certificate. */
export const NOBODY = { cert: '', key: '', agent: false } as const
export const PKCS10 = 'application/pkcs10'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
/** The key that requests are for, unless they say another. */
export const spki = publicKey.export({ type: 'spki', format: 'pem' })

/** A platform as devices ask it. */
export type Est = {
  at(operation: string, profile?: string): string
  /** As a client posts a request; the service user's certificate goes along at the mutual-TLS host. */
  post(operation: string, body: string, options?: AskOptions): Promise<Answer>
  /** A profile as that of the quickstart, but for what is said. */
  profileLike(changes: Partial<EnrollmentProfile>): Promise<EnrollmentProfile>
  /** A passcode of the quickstart's profile, and its text. */
  passcodeOf(changes?: Partial<EnrollmentRight>): Promise<{ right: EnrollmentRight; text: string }>
  /** A device that enrolled with a passcode: its certificate and key, for connections of its own. */
  enrolledDevice(
    t: TestContext,
    commonName: string,
    dnsNames?: readonly string[],
    profile?: string,
  ): Promise<{ cert: string; key: string; agent: false; bytes: Uint8Array }>
}

/** Asks a platform. */
export function createEst(platform: TestPlatform): Est {
  const at = (operation: string, profile = platform.account.enrollment_profile_id): string =>
    `/.well-known/est/${profile}/${operation}`

  function post(operation: string, body: string, { headers, ...options }: AskOptions = {}): Promise<Answer> {
    const bytes = Buffer.from(body)
    return platform.ask(operation.startsWith('/') ? operation : at(operation), {
      method: 'POST',
      body: bytes,
      ...options,
      headers: { 'content-type': PKCS10, 'content-length': bytes.length, ...(headers as object) },
    })
  }

  async function profileLike(changes: Partial<EnrollmentProfile>): Promise<EnrollmentProfile> {
    const { enrollmentProfiles } = platform.world.store
    const first = await enrollmentProfiles.find(platform.account.enrollment_profile_id)
    const id = newEnrollmentProfileId(new Date())
    const made = { ...(first as EnrollmentProfile), id, name: id, ...changes }
    await enrollmentProfiles.add(made)
    return made
  }

  async function passcodeOf(changes: Partial<EnrollmentRight> = {}): Promise<{ right: EnrollmentRight; text: string }> {
    const { text, proof } = newPasscode(platform.world.keys, 20)
    const { account_id: accountId, enrollment_profile_id: enrollmentProfileId } = platform.account
    const right = enrollmentRight({ accountId, enrollmentProfileId }, { proof, ...changes })
    await platform.world.store.enrollmentRights.add(right)
    return { right, text }
  }

  async function enrolledDevice(
    t: TestContext,
    commonName: string,
    dnsNames: readonly string[] = [],
    profile = platform.account.enrollment_profile_id,
  ): Promise<{ cert: string; key: string; agent: false; bytes: Uint8Array }> {
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const { text } = await passcodeOf({ enrollmentProfileId: profile })
    const csr = await csrOf(commonName, [], dnsNames, own)
    const { bytes } = issued(t, await post(at('simpleenroll', profile), csr, { door: 'api', headers: basic('', text) }))
    const key = own.export({ type: 'pkcs8', format: 'pem' }).toString()
    return { cert: encodePem('CERTIFICATE', bytes), key, agent: false, bytes }
  }

  return { at, post, profileLike, passcodeOf, enrolledDevice }
}

/** A request in base64, as EST has it. */
export async function csrOf(
  commonName: string,
  attributes: readonly RequestAttribute[] = [],
  dnsNames: readonly string[] = [],
  key: KeyObject = privateKey,
): Promise<string> {
  const by = await createSigner('ES256', new Uint8Array(key.export({ type: 'pkcs8', format: 'der' })))
  const names = dnsNames.map((value) => ({ type: 'dNSName', value }) as const)
  const bytes = await signCertificationRequest(
    {
      subject: name({ CN: commonName }),
      ...(names.length > 0 && { extensions: [extensions.subjectAlternativeName(names)] }),
      attributes,
    },
    by,
  )
  return Buffer.from(bytes).toString('base64')
}

/** The certificates of an answer. */
export function certificatesIn(text: string): readonly Certificate[] {
  return (decodeSignedData(decodeBase64(text.replaceAll('\n', ''))).certificates ?? []).map((bytes) =>
    Certificate.decode(bytes),
  )
}

/** The one certificate of an answer. */
export function issued(t: TestContext, answer: Answer): Certificate {
  t.assert.equal(answer.status, 200, String(answer.body))
  t.assert.equal(answer.headers['content-type'], 'application/pkcs7-mime; smime-type=certs-only')
  const [certificate, ...more] = certificatesIn(String(answer.body))
  t.assert.ok(certificate)
  t.assert.equal(more.length, 0)
  return certificate
}

/** What is declined is said in a sentence, and who is not known is asked to be. */
export function declined(t: TestContext, answer: Answer, status: number, sentence: RegExp): void {
  t.assert.equal(answer.status, status, String(answer.body))
  t.assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8')
  t.assert.match(String(answer.body), sentence)
  t.assert.equal(
    answer.headers['www-authenticate'],
    status === 401 ? 'Basic realm="Enrollment", charset="UTF-8"' : undefined,
  )
  // What asks for a password is left unread by Bouncy Castle's client, which fails if it was to be of some length.
  if (status === 401) t.assert.equal(answer.headers['content-length'], undefined)
}

/** The parts of an answer with a key: their headers and what they hold. */
export function partsOf(
  t: TestContext,
  answer: Answer,
): readonly { readonly type: string; readonly bytes: Uint8Array }[] {
  t.assert.equal(answer.status, 200, String(answer.body))
  const [, boundary] = /^multipart\/mixed; boundary=(\S+)$/.exec(answer.headers['content-type'] ?? '') ?? []
  const [preamble, ...parts] = String(answer.body).split(`--${boundary}`)
  t.assert.equal(preamble, '')
  t.assert.equal(parts.pop(), '--\r\n')
  return parts.map((part) => {
    const [, type = '', text = ''] =
      /^\r\nContent-Type: (.*)\r\nContent-Transfer-Encoding: base64\r\n\r\n([\s\S]*)\r\n$/.exec(part) ?? []
    return { type, bytes: decodeBase64(text.replaceAll('\n', '')) }
  })
}

/** HTTP Basic. */
export const basic = (user: string, password: string): AskOptions['headers'] => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

/** What a maker may have put into a device, with the key it was made for. */
export async function makersCertificate(
  usage: KeyUsageBit,
): Promise<{ cert: string; key: string; keyIdentifier: Uint8Array }> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const own = await createSigner('ES256', decodePemBlock(key, 'PRIVATE KEY'))
  const subject = name({ CN: 'born here' })
  const identifier = keyIdentifier(own.publicKey)
  const bytes = await signCertificate(
    {
      serialNumber: 1n,
      issuer: subject,
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 86_400_000),
      subject,
      publicKey: own.publicKey,
      extensions: [extensions.keyUsage([usage]), extensions.subjectKeyIdentifier(identifier)],
    },
    own,
  )
  return { cert: encodePem('CERTIFICATE', bytes), key, keyIdentifier: identifier }
}
