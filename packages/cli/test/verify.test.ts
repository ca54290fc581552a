/** `countersign verify` on files with known verdicts: what it prints, and its exit status. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url))
const VECTORS = fileURLToPath(new URL('../../../test/vectors/c2pa', import.meta.url))
const ROOT = join(VECTORS, 'trust', 'vectors-root.pem')
const TSA_ROOT = join(VECTORS, 'trust', 'vectors-tsa-root.pem')

function verify(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'verify', ...args], {
    encoding: 'utf8',
    cwd: VECTORS,
    timeout: 20_000,
  })
  return { status, stdout, stderr }
}

test('a file signed by a trusted signer, in time: trusted, status 0', (t: TestContext) => {
  const { status, stdout } = verify('tst2-ok-png.png', '--trust', ROOT, '--tsa-trust', TSA_ROOT)
  t.assert.equal(status, 0, stdout)
  t.assert.match(stdout, /^✓ tst2-ok-png\.png {2}Trusted: not changed since it was signed, by a signer you trust\n/)
  t.assert.match(stdout, /Signed at +2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d UTC, by a time stamp that you trust/)
})

test('who is trusted to vouch for signers is trusted with time stamps too, unless others are named', (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-verify-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const both = join(folder, 'both.pem')
  writeFileSync(both, `${readFileSync(ROOT, 'utf8')}\n${readFileSync(TSA_ROOT, 'utf8')}`)
  t.assert.match(verify('tst2-ok-png.png', '--trust', both).stdout, /by a time stamp that you trust/)
  t.assert.match(
    verify('tst2-ok-png.png', '--trust', both, '--tsa-trust', ROOT).stdout,
    /authority that you do not trust/,
  )
})

test('without a list of trust: valid, status 1', (t: TestContext) => {
  const { status, stdout } = verify('ok-es256.jpg')
  t.assert.equal(status, 1)
  t.assert.match(stdout, /by a signer you do not trust\n(.*\n)*.*--trust FILE says whom you trust/)
})

test('changed pixels: invalid, status 2, and the reason named', (t: TestContext) => {
  const { status, stdout } = verify('jpg-pixel-flip.jpg', '--trust', ROOT)
  t.assert.equal(status, 2)
  t.assert.match(stdout, /assertion\.dataHash\.mismatch/)
})

test('no Content Credentials: status 3; of several files the worst counts', (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-verify-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const plain = join(folder, 'plain.png')
  writeFileSync(
    plain,
    Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    ),
  )
  const { status, stdout } = verify(plain, 'ok-es256.jpg', '--trust', ROOT)
  t.assert.equal(status, 3)
  t.assert.match(stdout, /no Content Credentials/)
})

test('--json prints the reader report: of one file itself, of several with their names', (t: TestContext) => {
  const one = JSON.parse(verify('ok-es256.jpg', '--trust', ROOT, '--json').stdout)
  t.assert.equal(one.validation_state, 'Trusted')
  const several = JSON.parse(verify('ok-es256.jpg', 'ok-png.png', '--json').stdout)
  t.assert.deepEqual(
    several.map(({ file }: { file: string }) => file),
    ['ok-es256.jpg', 'ok-png.png'],
  )
})

test('--crjson prints crJSON, of several files with their names; both reports at once are refused', (t: TestContext) => {
  const one = JSON.parse(verify('ok-es256.jpg', '--trust', ROOT, '--crjson').stdout)
  t.assert.ok(one['@context'])
  const several = JSON.parse(verify('ok-es256.jpg', 'ok-png.png', '--crjson').stdout)
  t.assert.ok(several[1].report['@context'])
  t.assert.equal(verify('ok-es256.jpg', '--json', '--crjson').status, 4)
})

test('of several files each has its account, and the end says what they came to', (t: TestContext) => {
  const { status, stdout } = verify('ok-es256.jpg', 'jpg-pixel-flip.jpg', 'nowhere.jpg', '--trust', ROOT)
  t.assert.equal(status, 4)
  t.assert.match(stdout, /\n3 files: 1 trusted, 1 invalid, 1 not readable\n$/)
})

test('a pipe is read too', { skip: process.platform === 'win32' && 'there are no named pipes' }, (t: TestContext) => {
  const line = '"$0" "$1" verify --trust trust/vectors-root.pem /dev/stdin < ok-es256.jpg'
  const piped = spawnSync(
    'sh',
    ['-c', `cat ok-es256.jpg | ${line.replace(' < ok-es256.jpg', '')}`, process.execPath, MAIN],
    {
      encoding: 'utf8',
      cwd: VECTORS,
      timeout: 20_000,
    },
  )
  t.assert.equal(piped.status, 0, piped.stderr)
})

test('a missing file, no certificate, no time and no such option: a sentence each, no stack', (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'verify-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const broken = join(folder, 'broken.pem')
  writeFileSync(broken, '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n')
  for (const args of [
    ['nowhere.jpg'],
    ['ok-es256.jpg', '--trust', 'ok-es256.jpg'],
    ['ok-es256.jpg', '--trust', broken],
    ['ok-es256.jpg', '--at', 'yesterday'],
    ['ok-es256.jpg', '--trusted', ROOT],
    ['ok-es256.jpg', '--trust'],
    [],
  ]) {
    const { status, stderr } = verify(...args)
    // None of the statuses that say something of the file.
    t.assert.equal(status, 4, args.join(' '))
    t.assert.doesNotMatch(stderr, /\bat .*\.ts:\d|unforeseen/)
  }
})

test('what nobody foresaw is status 4 too: 1 would say that it is valid', (t: TestContext) => {
  const breaking = "data:text/javascript,Date.prototype.getTime=()=>{throw new Error('broken')}"
  const { status, stderr } = spawnSync(process.execPath, ['--import', breaking, MAIN, 'verify', 'ok-es256.jpg'], {
    encoding: 'utf8',
    cwd: VECTORS,
    timeout: 20_000,
  })
  t.assert.equal(status, 4)
  t.assert.match(stderr, /^Something unforeseen went wrong: broken\n/)
})

test('a file that is no picture: a sentence and status 4, and the other files are verified all the same', (t: TestContext) => {
  for (const json of [[], ['--json']]) {
    const { status, stdout, stderr } = verify(ROOT, 'nowhere.jpg', VECTORS, 'jpg-pixel-flip.jpg', ...json)
    t.assert.equal(status, 4)
    t.assert.match(
      stderr,
      /vectors-root\.pem is of no format that Content Credentials are read from\nnowhere\.jpg can't be read: there is no such file\n.*c2pa can't be read: it is a folder: name the files in it\n$/,
    )
    t.assert.match(stdout, /assertion\.dataHash\.mismatch/)
    if (json.length > 0) t.assert.equal(JSON.parse(stdout)[0].file, 'jpg-pixel-flip.jpg')
  }
})

test('who reads may leave before the end', async (t: TestContext) => {
  const child = spawn(process.execPath, [MAIN, 'verify', ...Array<string>(60).fill('ok-es256.jpg')], { cwd: VECTORS })
  let stderr = ''
  child.stderr.on('data', (text) => {
    stderr += text
  })
  child.stdout.once('data', () => child.stdout.destroy())
  const [status] = await once(child, 'close')
  t.assert.equal(stderr, '')
  t.assert.equal(status, 1)
})
