/** Clients of others: what they send is taken as they send it, and one of them is here itself. */
import { spawn, spawnSync } from 'node:child_process'
import { constants, verify, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { digestOf, ES256, PIN, SHA256, type TestCsc, testCsc } from './test-csc.ts'
import { json, startTestPlatform } from './test-platform.ts'

type Activation = { SAD: string }
type Signed = { signatures: string[] }

let csc: TestCsc
before(async () => {
  csc = await testCsc(await startTestPlatform())
  await csc.credential('desk', { userId: csc.self.user.id })
  await csc.credential('seal', { type: 'rsa2048' })
})
after(() => csc.platform.stop())

const HASH = digestOf('one')
const PSS256 = 'MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEg'

test("the steps of DigiCert's guide: a PIN, a hash, and the name of the hash", async (t: TestContext) => {
  const request = { credentialID: 'desk', PIN, hash: [HASH], hashAlgo: 'SHA256', numSignatures: 1 }
  const { SAD } = await csc.get<Activation>('credentials/authorize', request)
  const sign = { credentialID: 'desk', SAD, hash: [HASH], hashAlgo: SHA256, signAlgo: ES256 }
  t.assert.equal((await csc.get<Signed>('signatures/signHash', sign)).signatures.length, 1)
})

test('a program that seals documents: its id in the address, descriptions, and one hash after the other', async (t: TestContext) => {
  const list = (id: string) => csc.ask(`credentials/list?user_id=${id}`, {})
  t.assert.equal((await list(csc.self.user.id)).status, 200)
  t.assert.equal(json(await list('another')).error_description, 'Invalid parameter userID')
  const details = { credentialID: 'seal', certificates: 'chain', authInfo: true, certInfo: true, lang: 'en_US' }
  t.assert.ok(await csc.get('credentials/info', details, { headers: { accept: 'application/json; charset=UTF-8' } }))
  const authorize = { credentialID: 'seal', numSignatures: 2, description: 'Seal of the council', hash: [HASH] }
  const first = await csc.get<Activation>('credentials/authorize', authorize)
  const sign = (SAD: string, hash: string[]) =>
    csc.get<Signed>('signatures/signHash', {
      ...{ credentialID: 'seal', SAD, hash, hashAlgo: SHA256, signAlgo: '1.2.840.113549.1.1.1' },
    })
  t.assert.equal((await sign(first.SAD, [HASH])).signatures.length, 1)
  const next = { credentialID: 'seal', SAD: first.SAD, hash: [digestOf('two')] }
  const second = await csc.get<Activation>('credentials/extendTransaction', next)
  t.assert.equal((await sign(second.SAD, [digestOf('two')])).signatures.length, 1)
})

test('a program for code signing: version 0, fields of its own, and no name of the hash', async (t: TestContext) => {
  const version = 'v0'
  const asked = { '@type': 'java.util.HashMap', clientData: 'EVCS' }
  const { credentialIDs } = await csc.get<{ credentialIDs: string[] }>('credentials/list', asked, { version })
  t.assert.ok(credentialIDs.includes('seal'))
  const authorize = { credentialID: 'seal', numSignatures: 1, hash: [HASH], OTP: '123456' }
  const { SAD } = await csc.get<Activation>('credentials/authorize', authorize, { version })
  const sign = { credentialID: 'seal', SAD, hash: [HASH], signAlgo: '1.2.840.113549.1.1.11' }
  t.assert.equal((await csc.get<Signed>('signatures/signHash', sign, { version })).signatures.length, 1)
})

test('a wallet: version 2, and null for what it does not set', async (t: TestContext) => {
  const version = 'v2'
  const unset = { clientData: null, description: null }
  const authorize = {
    ...unset,
    ...{ credentialID: 'desk', numSignatures: 1, hashes: [HASH], hashAlgorithmOID: SHA256 },
    authData: [{ id: 'PIN', value: PIN }],
  }
  const { SAD } = await csc.get<Activation>('credentials/authorize', authorize, { version })
  const sign = {
    ...unset,
    ...{ credentialID: 'desk', SAD, hashes: [HASH], hashAlgorithmOID: null, signAlgo: ES256, signAlgoParams: null },
    ...{ operationMode: 'S', validity_period: null, response_uri: null },
  }
  t.assert.equal((await csc.get<Signed>('signatures/signHash', sign, { version })).signatures.length, 1)
})

test('a tester of services: hashes without their name, where parameters say it', async (t: TestContext) => {
  const hash = [HASH, HASH, HASH]
  const { SAD } = await csc.get<Activation>('credentials/authorize', { credentialID: 'seal', numSignatures: 3, hash })
  const sign = { SAD, signAlgoParams: PSS256, signAlgo: '1.2.840.113549.1.1.10', hash, credentialID: 'seal' }
  t.assert.equal((await csc.get<Signed>('signatures/signHash', sign)).signatures.length, 3)
})

const PYTHON = process.env.PYTHON ?? 'python3'
const hasPyhanko = spawnSync(PYTHON, ['-c', 'import pyhanko.sign.signers.csc_signer']).status === 0

for (const { type, pss } of [
  { type: 'p256', pss: false },
  { type: 'rsa2048', pss: false },
  { type: 'rsa2048', pss: true },
] as const)
  test(`pyHanko signs a PDF by a ${type} key${pss ? ', with RSASSA-PSS' : ''}`, {
    skip: hasPyhanko ? false : 'pyHanko is not installed, and is the client here',
  }, async (t: TestContext) => {
    const { platform, self } = csc
    const credential = `by pyHanko ${type} ${pss}`
    await csc.credential(credential, { type, userId: self.user.id })
    const texts = ['one', 'two', 'three']
    const stdin = JSON.stringify({
      url: `https://clientauth.countersign.localhost:${platform.port}/documentmanager`,
      ca: join(platform.folder, 'ca.pem'),
      cert: join(platform.folder, 'quickstart/cert.pem'),
      key: join(platform.folder, 'quickstart/key.pem'),
      ...{ credential, pin: PIN, version: 'v1', pss, texts },
    })
    const said = await output(t, join(import.meta.dirname, 'csc-client.py'), stdin)
    const { signatures, pdf, batch } = JSON.parse(said) as Signed & { pdf: object; batch: number }
    t.assert.deepEqual([pdf, batch], [{ intact: true, valid: true, trusted: true }, 1000])
    const { cert } = await csc.get<{ cert: { certificates: [string] } }>('credentials/info', {
      credentialID: credential,
    })
    const { publicKey } = new X509Certificate(Buffer.from(cert.certificates[0], 'base64'))
    for (const [index, text] of texts.entries()) {
      const key = {
        key: publicKey,
        ...(pss && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }),
      }
      const signature = Buffer.from(signatures[index] ?? '', 'base64')
      t.assert.equal(verify('sha256', Buffer.from(text), key, signature), true)
    }
  })

async function output(t: TestContext, script: string, stdin: string): Promise<string> {
  const child = spawn(PYTHON, [script])
  child.stdin.end(stdin)
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (data) => out.push(data))
  child.stderr.on('data', (data) => err.push(data))
  const status = await new Promise((resolve) => child.on('close', resolve))
  t.assert.equal(status, 0, Buffer.concat(err).toString())
  return Buffer.concat(out).toString()
}
