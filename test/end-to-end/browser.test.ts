/** The example of docs/browser.md in a real Chromium: it says of each picture what Node says of it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { crJson, type Report, readerReport, sign, verify } from '@countersign/c2pa'
import { decodePem, encodePem } from '@countersign/codec'
import type { SignatureAlgorithm } from '@countersign/pki'
import type { Page } from 'playwright-core'
import { credential, rootPem } from '../../packages/c2pa/test/credential.ts'
import { noise } from '../../packages/c2pa/test/pictures.ts'
import { stampAt, timeStampAnchor } from '../../packages/c2pa/test/verify/evidence.ts'
import { noChromium, startChromium } from '../chromium.ts'
import { run } from '../command.ts'
import { ROOT, readText } from '../repository.ts'

/** Ours, without image codecs. */
const LARGEST_BUNDLE = 150_000

/** As said in the document. */
const POLICY = "default-src 'self'"

const VECTORS = [
  'ok-es256.jpg',
  'ok-es256-on-p384-key.jpg',
  'ok-ed25519.jpg',
  'ok-ps512.jpg',
  'ok-v1.jpg',
  'ok-v1-png.png',
  'ok-claim-sha384.jpg',
  'ok-claim-sha512.jpg',
  'tst2-ok-png.png',
  'tst2-expired-cert-stamped-in-time.jpg',
  'tst2-untrusted-tsa.jpg',
  'tst1-ok-claim-v2.jpg',
  'cert-rsa1024.jpg',
  'cert-unknown-root.jpg',
  'cose-wrong-key.jpg',
  'jpg-pixel-flip.jpg',
  'hash-exclusion-overlap.jpg',
  'store-unreferenced-manifest.jpg',
]

const vectors = join(ROOT, 'test/vectors/c2pa')
const folder = mkdtempSync(join(tmpdir(), 'countersign-browser-'))
const file = (name: string): string => join(folder, name)
const pem = (name: string): string => readFileSync(join(vectors, 'trust', name), 'utf8')
const certificates = (name: string): Uint8Array[] =>
  decodePem(readFileSync(file(name), 'utf8')).map(({ bytes }) => bytes)

/** The files that the document shows, under the names it gives them. */
const example = readText('docs/browser.md')
for (const [, name = '', content = ''] of example.matchAll(/^`(\S+)`:\n\n```\w+\n([\s\S]*?)^```$/gm))
  writeFileSync(file(name), content)
writeFileSync(file('trust.pem'), pem('vectors-root.pem') + rootPem)
writeFileSync(file('tsa-trust.pem'), pem('vectors-tsa-root.pem') + encodePem('CERTIFICATE', timeStampAnchor))
symlinkSync(join(ROOT, 'node_modules'), file('node_modules'), 'junction')

const [, bundle = ''] = /^npx (esbuild .*) --servedir=\.$/m.exec(example) ?? []
const [command = '', ...flags] = bundle.split(' ')
const built = await run(join(ROOT, 'node_modules/.bin', command), flags, { cwd: folder })
if (built.status !== 0) throw new Error(`what docs/browser.md says does not build:\n${built.stderr}`)

const server = createServer(({ url = '/' }, response) => {
  const types: { readonly [extension: string]: string } = { '.html': 'text/html', '.js': 'text/javascript' }
  try {
    const body = readFileSync(file(new URL(url, 'http://localhost').pathname))
    response.writeHead(200, {
      'content-type': types[extname(url)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
    })
    response.end(body)
  } catch {
    response.writeHead(404).end()
  }
}).listen(0, '127.0.0.1')
const { port } = await new Promise<AddressInfo>((resolve) =>
  server.once('listening', () => resolve(server.address() as AddressInfo)),
)

const INSECURE = 'insecure.example'
const chromium = noChromium ? undefined : await startChromium(INSECURE)
after(async () => {
  await chromium?.stop()
  server.close()
  rmSync(folder, { recursive: true })
})

const now = new Date()

/** The page with its clock at ours, and what it asked for and complained of meanwhile. */
async function openPage(host: string): Promise<{ page: Page; requests: string[]; complaints: string[] }> {
  const page = await (chromium as NonNullable<typeof chromium>).browser.newPage()
  page.setDefaultTimeout(10_000)
  const requests: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => requests.push(new URL(request.url()).pathname))
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.clock.setFixedTime(now)
  await page.goto(`http://${host}:${port}/page.html`, { waitUntil: 'networkidle' })
  return { page, requests, complaints }
}

const options = { trust: certificates('trust.pem'), tsaTrust: certificates('tsa-trust.pem'), now }

/** What the page shows once it is done with that file. */
async function shown(page: Page, name: string): Promise<{ state: string; report: string }> {
  const heading = page.locator('h1')
  await heading.filter({ hasText: `${name}: ` }).waitFor()
  return { state: (await heading.textContent()) ?? '', report: (await page.locator('pre').textContent()) ?? '' }
}

async function expectSame(t: TestContext, page: Page, name: string, asset: Uint8Array): Promise<Report> {
  const report = await verify(asset, options)
  t.assert.deepEqual(await shown(page, name), {
    state: `${name}: ${report.state}`,
    report: JSON.stringify(readerReport(report), null, 2),
  })
  return report
}

test('the bundle is small', (t: TestContext) => {
  const size = (name: string): number => gzipSync(readFileSync(file(join('dist', name)))).length
  for (const name of readdirSync(file('dist'))) t.diagnostic(`${name}: ${size(name)} bytes gzipped`)
  const first = initialFiles('page.js').reduce((sum, name) => sum + size(name), 0)
  t.diagnostic(`loaded at once: ${first} bytes gzipped`)
  t.assert.ok(first < LARGEST_BUNDLE, `${first} bytes gzipped, and ${LARGEST_BUNDLE} are allowed`)
})

/** A file of the bundle with all that it imports before it runs. */
function initialFiles(name: string, known: Set<string> = new Set()): string[] {
  if (known.has(name)) return []
  known.add(name)
  const code = readFileSync(file(join('dist', name)), 'utf8')
  const imported = [...code.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)].map(([, other = '']) => other)
  return [name, ...imported.flatMap((other) => initialFiles(other, known))]
}

test('in a page pictures are judged as in Node', { skip: noChromium }, async (t: TestContext) => {
  const { page, requests, complaints } = await openPage('localhost')
  const states = new Set<string>()
  for (const name of VECTORS) {
    await page.locator('input').setInputFiles(join(vectors, name))
    const asset = new Uint8Array(readFileSync(join(vectors, name)))
    states.add((await expectSame(t, page, name, asset)).state)
  }
  t.assert.deepEqual([...states].sort(), ['Invalid', 'Trusted', 'Valid'])
  t.assert.deepEqual(complaints, [])
  t.assert.deepEqual(
    requests.filter((path) => !path.startsWith('/dist/')),
    ['/page.html', '/trust.pem', '/tsa-trust.pem'],
  )
  await page.close()
})

test('each algorithm, with a time stamp', { skip: noChromium }, async (t: TestContext) => {
  const { page } = await openPage('localhost')
  const picture = new Uint8Array(await noise(32, 32).jpeg().toBuffer())
  for (const algorithm of ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'EdDSA'] satisfies SignatureAlgorithm[]) {
    const { asset } = await sign(picture, {
      ...(await credential(algorithm)),
      claimGenerator: { name: 'Example', version: '1.0.0' },
      timeStamp: stampAt(new Date(now.getTime() - 3_600_000)),
    })
    const name = `${algorithm}.jpg`
    await page.locator('input').setInputFiles({ name, mimeType: 'image/jpeg', buffer: Buffer.from(asset) })
    t.assert.equal((await expectSame(t, page, name, asset)).state, 'Trusted')
  }
  await page.close()
})

test('a picture without Content Credentials is not called invalid', { skip: noChromium }, async (t: TestContext) => {
  const { page } = await openPage('localhost')
  const plain = { name: 'plain.jpg', mimeType: 'image/jpeg', buffer: await noise(32, 32).jpeg().toBuffer() }
  await page.locator('input').setInputFiles(plain)
  t.assert.equal((await shown(page, plain.name)).state, 'plain.jpg: there is no manifest store')
  await page.close()
})

test('dropped and pasted pictures, and crJSON', { skip: noChromium }, async (t: TestContext) => {
  const { page } = await openPage('localhost')
  const name = 'ok-es256.jpg'
  const asset = new Uint8Array(readFileSync(join(vectors, name)))
  for (const [event, given] of [
    ['drop', 'dropped.jpg'],
    ['paste', 'pasted.jpg'],
  ] as const) {
    await page.evaluate(hand, { event, name: given, base64: Buffer.from(asset).toString('base64') })
    await expectSame(t, page, given, asset)
  }
  await page.locator('select').selectOption('crjson')
  await page.locator('input').setInputFiles(join(vectors, name))
  const { report } = await shown(page, name)
  t.assert.equal(report, JSON.stringify(crJson(await verify(asset, options)), null, 2))
  await page.close()
})

/** In the page: what the browser does when somebody drops or pastes a file. */
function hand({ event, name, base64 }: { event: 'drop' | 'paste'; name: string; base64: string }): void {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  const data = new DataTransfer()
  data.items.add(new File([bytes], name, { type: 'image/jpeg' }))
  const init = { bubbles: true, cancelable: true }
  document.body.dispatchEvent(
    event === 'drop'
      ? new DragEvent('drop', { ...init, dataTransfer: data })
      : new ClipboardEvent('paste', { ...init, clipboardData: data }),
  )
}

test('a file of 30 MB', { skip: noChromium }, async (t: TestContext) => {
  const { page } = await openPage('localhost')
  const picture = new Uint8Array(await noise(3200, 3200).png({ compressionLevel: 0 }).toBuffer())
  t.assert.ok(picture.length > 30_000_000)
  const { asset } = await sign(picture, {
    ...(await credential()),
    claimGenerator: { name: 'Example', version: '1.0.0' },
  })
  mkdirSync(file('large'))
  writeFileSync(file('large/large.png'), asset)
  await page.locator('input').setInputFiles(file('large/large.png'))
  t.assert.equal((await expectSame(t, page, 'large.png', asset)).state, 'Trusted')
  await page.close()
})

test('a page that anybody could have changed hears why it can not verify', { skip: noChromium }, async (t) => {
  const { page } = await openPage(INSECURE)
  await page.locator('input').setInputFiles(join(vectors, 'ok-es256.jpg'))
  const { state, report } = await shown(page, 'ok-es256.jpg')
  t.assert.match(state, /^ok-es256\.jpg: .*WebCrypto.*https/)
  t.assert.equal(report, '')
  await page.close()
})
