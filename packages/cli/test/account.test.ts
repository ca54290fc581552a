/** The account that people read: by real reports, and by reports whose file lies. */
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { type Finding, type Report, type StatusCode, statusCodes, verify } from '@countersign/c2pa'
import { decodePem } from '@countersign/codec'
import { account } from '../src/account.ts'
import { explain, InputError } from '../src/failure.ts'
import { wordsOf } from '../src/finding-words.ts'
import { paint } from '../src/paint.ts'
import { plain, plainJson } from '../src/plain-text.ts'

const VECTORS = new URL('../../../test/vectors/c2pa/', import.meta.url)
const root = decodePem(readFileSync(new URL('trust/vectors-root.pem', VECTORS), 'utf8'))[0]!.bytes
const colourless = paint({ isTTY: false })
const ASKED = { hasTrust: true, isOnline: false, sidecar: undefined }

async function reportOf(name: string): Promise<Report> {
  const options = { trust: [root], tsaTrust: [root], now: new Date('2026-11-23T00:00:00Z') }
  return verify(new Uint8Array(readFileSync(new URL(name, VECTORS))), options)
}

test('who, when, with what, and what was done', async (t: TestContext) => {
  t.assert.deepEqual(account('ok-es256.jpg', await reportOf('ok-es256.jpg'), ASKED, colourless), [
    '✓ ok-es256.jpg  Trusted: not changed since it was signed, by a signer you trust',
    '  Signed by   Signer (Vector Test)',
    '  Signed at   an unknown time: no time stamp tells',
    '  Made with   vectors 1',
    '  Title       v',
    '',
    '  History',
    '    created with a camera or recorder',
  ])
})

test('what is wrong stands in plain words, with its code and place below', async (t: TestContext) => {
  const lines = account('x.jpg', await reportOf('assert-undeclared.jpg'), ASKED, colourless)
  t.assert.equal(lines[0], '✗ x.jpg  Invalid: do not rely on what its Content Credentials say')
  const at = lines.indexOf('  What is wrong')
  t.assert.deepEqual(lines.slice(at + 1, at + 3), [
    '    ✗ It holds a statement that nobody signed.',
    '      assertion.undeclared · org.example.note',
  ])
})

test('a hash that differs is no news beside the code, anything else about it is', async (t: TestContext) => {
  const report = await reportOf('ok-es256.jpg')
  const told = (code: StatusCode, why: string): string[] => {
    const url = `self#jumbf=/c2pa/${report.activeManifest}/c2pa.assertions/c2pa.hash`
    const explanation = `asset hash error, name: a, error: b, error: ${why}`
    const findings = [{ code, url, explanation, kind: 'failure' as const }]
    return account('x', { ...report, findings }, ASKED, colourless).slice(-1)
  }
  for (const code of ['assertion.bmffHash.mismatch', 'assertion.dataHash.mismatch'] as const) {
    t.assert.deepEqual(told(code, 'hash verification( Hashes do not match )'), [`      ${code} · c2pa.hash`])
    t.assert.deepEqual(told(code, 'the fragments are missing'), [
      `      ${code} · c2pa.hash · the fragments are missing`,
    ])
  }
})

test('what else to ask for is said where it would tell more', async (t: TestContext) => {
  const report = await reportOf('ok-es256.jpg')
  const last = (changes: Partial<Report>, asked: Partial<typeof ASKED> = {}) =>
    account('x', { ...report, ...changes }, { ...ASKED, ...asked }, colourless).at(-1)
  const findings = [finding('manifest.inaccessible', 'self#jumbf=/c2pa')]
  t.assert.equal(last({ state: 'Valid' }, { hasTrust: false }), '  --trust FILE says whom you trust')
  t.assert.equal(last({ findings }), '  --online fetches what stands elsewhere')
  t.assert.doesNotMatch(last({ findings }, { isOnline: true }) ?? '', /--online/)
  t.assert.match(last({ format: 'application/c2pa' }) ?? '', /^ {2}It is a manifest store alone: /)
})

test('nothing that a file says reaches the terminal as an order', async (t: TestContext) => {
  const orders = '\u001b[2J\u009b31m\u202egpj.exe\u2028\u0007\r\n✓ fake  Trusted'
  const report = await reportOf('ok-es256.jpg')
  const [manifest] = report.manifests
  const actions = [{ action: orders, digitalSourceType: `x/${orders}` }, { action: 'constructor' }, 7, null]
  const lying: Report = {
    ...report,
    state: 'Invalid',
    manifests: [
      {
        ...manifest!,
        claim: {
          ...manifest!.claim,
          'dc:title': orders,
          claim_generator_info: { name: orders, version: ['x'] },
        } as never,
        signature: { ...manifest!.signature!, commonName: orders, issuer: orders },
        assertions: [
          { label: 'c2pa.actions.v2', uri: 'x', created: true, content: { kind: 'json', value: { actions } } },
          {
            label: 'c2pa.ingredient.v3',
            uri: 'x',
            created: true,
            content: { kind: 'cbor', value: { 'dc:title': orders, relationship: 'parentOf', validationResults: 5 } },
          },
        ],
      },
    ],
    findings: [
      {
        code: 'general.error',
        kind: 'failure',
        url: `self#jumbf=/c2pa/y/c2pa.assertions/${orders}`,
        explanation: orders,
      },
    ],
  }
  const text = account(`\u001b]0;title\u0007.jpg`, lying, ASKED, colourless)
  for (const line of text) t.assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  t.assert.ok(text.join('\n').includes('gpj.exe'))
})

test('a history without end has one', async (t: TestContext) => {
  const report = await reportOf('ok-es256.jpg')
  const [manifest] = report.manifests
  const ingredient = (to: string, index: number) => ({
    label: `c2pa.ingredient.v3__${index}`,
    uri: 'x',
    created: true,
    content: {
      kind: 'cbor' as const,
      value: { relationship: 'componentOf', activeManifest: { url: `self#jumbf=/c2pa/${to}` } },
    },
  })
  // Each of forty manifests is made from all of them.
  const labels = Array.from({ length: 40 }, (_, index) => `m${index}`)
  const manifests = labels.map((label) => ({ ...manifest!, label, assertions: labels.map(ingredient) }))
  const text = account('x.jpg', { ...report, activeManifest: 'm0', manifests }, ASKED, colourless)
  t.assert.ok(text.length < 100, `${text.length} lines`)
  t.assert.ok(text.includes('    …'))
})

const finding = (code: StatusCode, url: string): Finding => ({ code, url, ...statusCodes[code] })

test('a time stamp of an identity does not vouch for the time of the claim', async (t: TestContext) => {
  const report = await reportOf('ok-es256.jpg')
  const [manifest] = report.manifests
  const signature = { ...manifest!.signature!, time: new Date('1999-01-01T00:00:00Z') }
  const lying = (url: string): Report => ({
    ...report,
    manifests: [{ ...manifest!, signature }],
    findings: [...report.findings, finding('timeStamp.trusted', `self#jumbf=/c2pa/${manifest!.label}/${url}`)],
  })
  const timeOf = (url: string) => account('x.jpg', lying(url), ASKED, colourless)[2]
  t.assert.equal(
    timeOf('c2pa.assertions/cawg.identity'),
    '  Signed at   1999-01-01 00:00:00 UTC, by a time stamp of an authority that you do not trust',
  )
  t.assert.equal(timeOf('c2pa.signature'), '  Signed at   1999-01-01 00:00:00 UTC, by a time stamp that you trust')
})

test('who is named below as a signer is said to be one only where that is proven', async (t: TestContext) => {
  const report = await reportOf('ok-es256.jpg')
  const [manifest] = report.manifests
  const value = { 'dc:title': 'below.jpg', relationship: 'parentOf', activeManifest: { url: 'self#jumbf=/c2pa/below' } }
  const ingredient = { label: 'c2pa.ingredient.v3', uri: 'x', created: true, content: { kind: 'cbor', value } } as const
  const history = (findings: readonly Finding[]): string | undefined => {
    const top = { ...manifest!, assertions: [ingredient] }
    const manifests = [{ ...manifest!, label: 'below', findings }, top]
    return account('x.jpg', { ...report, manifests }, ASKED, colourless).find((line) => line.includes('below.jpg'))
  }
  const url = 'self#jumbf=/c2pa/below/c2pa.signature'
  const [validated, trusted] = [finding('claimSignature.validated', url), finding('signingCredential.trusted', url)]
  const signed = '    └─ from below.jpg, signed by Signer (Vector Test)'
  t.assert.equal(history([validated, trusted]), signed)
  t.assert.equal(history([validated]), `${signed}, whom nobody you trust vouches for`)
  t.assert.equal(history([trusted]), `${signed}, which the signature does not prove`)
  t.assert.equal(history([]), `${signed}, which the signature does not prove`)
})

test('every code that tells of trouble has a sentence', (t: TestContext) => {
  for (const [code, { kind }] of Object.entries(statusCodes))
    if (kind !== 'success') t.assert.match(wordsOf(code as StatusCode), /^[A-Z].*\.$/, code)
})

test('texts are in one line, well-formed, and no longer than one likes to read', (t: TestContext) => {
  t.assert.equal(plain('a\u0000b\u001b\u0085c\ud800'), 'a\ufffdb\ufffd\ufffdc\ufffd')
  t.assert.equal(plain('می\u200cخواهم'), 'می\u200cخواهم')
  t.assert.equal(plain(`e${'\u0301'.repeat(100)}`), `e${'\u0301'.repeat(4)}`)
  t.assert.equal(plain('x'.repeat(1_000)).length, 201)
})

test('what an error quotes is no order to a terminal either', (t: TestContext) => {
  const written: string[] = []
  t.mock.method(process.stderr, 'write', (text: string) => written.push(text) > 0)
  explain(new InputError(`CN=\u001b[2J\u202eevil\u2028${'x'.repeat(300)}\nsecond line`))
  t.assert.match(written.join(''), /^CN=\ufffd\[2J\ufffdevil\ufffdx{300}\nsecond line\n$/)
})

test('JSON on a terminal is the same JSON, without characters that a terminal would obey', (t: TestContext) => {
  const value = { text: '\u001b[2J\u009b\u202e\u{e0001}\u2028 ok', list: ['\n'] }
  const json = plainJson(value)
  t.assert.doesNotMatch(json.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  t.assert.deepEqual(JSON.parse(json), value)
})
