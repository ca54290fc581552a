/** What the judges of PKCS#12 files are given, and what theirs have to hold. */
import { spawnSync } from 'node:child_process'
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { encodePem } from '@countersign/codec'
import { decodePkcs12, encodePkcs12, oids, type Pkcs12Encryption } from '../../src/index.ts'
import { type Identity, issueAuthority, issueLeaf, pem } from '../hierarchy.ts'
import { file } from '../openssl.ts'

/** Java, NSS and GnuTLS take it on a command line whatever the language of the machine is. */
export const PASSWORD = 'Passwort 1'
export const FRIENDLY_NAME = 'device 1'
export const ENCRYPTIONS: readonly Pkcs12Encryption[] = ['AES-256', 'AES-128', '3DES']

const root = await issueAuthority('Root')
const issuing = await issueAuthority('Issuing', root)
export const ec: Identity = await issueLeaf('Somebody', issuing, [oids.clientAuth])
export const rsa: Identity = await issueLeaf('Somebody', issuing, [oids.clientAuth], { algorithm: 'RS256' })
export const identities: readonly Identity[] = [ec, rsa]

/** A file of ours. */
export function written(encryption: Pkcs12Encryption, { privateKey, certificate } = rsa): Promise<Uint8Array> {
  return encodePkcs12({
    privateKey,
    certificate: certificate.bytes,
    chain: [issuing.certificate.bytes, root.certificate.bytes],
    friendlyName: FRIENDLY_NAME,
    password: PASSWORD,
    encryption,
  })
}

/** The key itself. */
export function keyOf({ privateKey }: Pick<Identity, 'privateKey'>): KeyObject {
  return createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
}

/** Whether the file holds the identity, and as much of its chain as the program took along. */
export async function holds(t: TestContext, path: string, identity: Identity, chain = 2): Promise<void> {
  const contents = await decodePkcs12(new Uint8Array(readFileSync(path)), PASSWORD)
  t.assert.ok(keyOf(contents).equals(keyOf(identity)))
  t.assert.deepEqual(contents.certificate, identity.certificate.bytes)
  t.assert.equal(contents.chain.length, chain)
}

/** For the `skip` of a test. */
export function missing(command: string, help: string): string | false {
  return spawnSync(command, [help], { stdio: 'ignore' }).error ? `there is no ${command} here` : false
}

/** All that a program printed, and whether it was content. */
export function run(command: string, args: readonly string[]): { readonly ok: boolean; readonly text: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  return { ok: status === 0, text: `${stdout}${stderr}` }
}

export const keyPath: readonly string[] = identities.map(({ privateKey }) => file(encodePem('PRIVATE KEY', privateKey)))
export const certificatePath: readonly string[] = identities.map((identity) => file(pem(identity)))
export const chainPath: string = file(pem(issuing) + pem(root))
