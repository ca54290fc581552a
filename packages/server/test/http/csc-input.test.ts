/** Whatever stands in a parameter of the Cloud Signature Consortium's API, the answer is one of its own, and nothing is signed that was not authorised. */
import { after, before, type TestContext, test } from 'node:test'
import { digestOf, ES256, SHA256, type TestCsc, testCsc } from './test-csc.ts'
import { json, startTestPlatform } from './test-platform.ts'

let csc: TestCsc
before(async () => {
  const rates = { COUNTERSIGN_FAILURE_RATE: '0', COUNTERSIGN_REQUEST_RATE: '0' }
  csc = await testCsc(await startTestPlatform(rates))
  await csc.credential('desk')
})
after(() => csc.platform.stop())

const HASH = digestOf('one')
const ODD: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e99, '', ' ', '\0', '\ud800', '__proto__', 'x'.repeat(1_000)],
  ...['=', 'AAAA', '%00', "' or 1=1 --", '$x', '\u{1F58A}', [], {}, [[]], [null], [''], [{}], { length: 3 }],
  Array(100).fill(HASH),
  { toString: 'x', valueOf: 1 },
  { id: 'PIN', value: 'x' },
  [{ id: 'PIN' }],
  [{ id: 'PIN', value: {} }],
]

const REQUESTS: Readonly<Record<string, (hashes: string, hashAlgo: string) => object>> = {
  info: () => ({ lang: 'en' }),
  'credentials/list': () => ({
    ...{ userID: undefined, maxResults: 2, pageToken: undefined, credentialInfo: true },
    ...{ certificates: 'chain', certInfo: true, authInfo: true, onlyValid: true, clientData: 'x' },
  }),
  'credentials/info': () => ({ credentialID: 'desk', certificates: 'chain', certInfo: true, authInfo: true }),
  'credentials/authorize': (hashes, hashAlgo) => ({
    ...{ credentialID: 'desk', numSignatures: 1, [hashes]: [HASH], [hashAlgo]: SHA256 },
    ...{ PIN: undefined, authData: undefined, description: 'x' },
  }),
  'credentials/extendTransaction': (hashes, hashAlgo) => ({
    ...{ credentialID: 'desk', SAD: 'x', [hashes]: [HASH], [hashAlgo]: SHA256 },
  }),
  'signatures/signHash': (hashes, hashAlgo) => ({
    ...{ credentialID: 'desk', SAD: 'x', [hashes]: [HASH], [hashAlgo]: SHA256, signAlgo: ES256 },
    ...{ signAlgoParams: undefined, operationMode: 'S' },
  }),
  'signatures/timestamp': () => ({ hash: HASH, hashAlgo: SHA256, nonce: '1' }),
}

for (const [version, names] of [
  ['v1', ['hash', 'hashAlgo']],
  ['v2', ['hashes', 'hashAlgorithmOID']],
] as const)
  test(`odd values in each parameter of ${version}`, async (t: TestContext) => {
    for (const [method, requestOf] of Object.entries(REQUESTS)) {
      const request = requestOf(names[0], names[1])
      for (const name of Object.keys(request))
        await Promise.all(
          ODD.map(async (value) => {
            const answer = await csc.ask(method, { ...request, [name]: value }, { version })
            const what = `${method} ${name} ${JSON.stringify(value).slice(0, 60)}: ${answer.status} ${answer.body}`
            t.assert.ok([200, 400].includes(answer.status), what)
            if (answer.status === 200) return
            const { error, error_description, ...others } = json(answer)
            t.assert.deepEqual([error, others], ['invalid_request', {}], what)
            // What was sent is not sent back.
            t.assert.ok(error_description.length < 100 && /^[A-Z][ -~]+$/.test(error_description), what)
          }),
        )
    }
    t.assert.deepEqual(await csc.platform.world.store.signatures.list(csc.platform.account.account_id, 10), [])
    t.assert.equal(csc.platform.log.filter((line) => line.includes('unexpected error')).length, 0)
  })
