/** `countersign verify` on files with known verdicts: what it prints, and its exit status. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
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
  t.assert.match(stdout, /^✓ tst2-ok-png\.png {2}Trusted\n/)
  t.assert.match(stdout, /Signed at .*by a trusted time stamp/)
})

test('who is trusted to vouch for signers is trusted with time stamps too, unless others are named', (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-verify-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const both = join(folder, 'both.pem')
  writeFileSync(both, `${readFileSync(ROOT, 'utf8')}\n${readFileSync(TSA_ROOT, 'utf8')}`)
  t.assert.match(verify('tst2-ok-png.png', '--trust', both).stdout, /by a trusted time stamp/)
  t.assert.match(
    verify('tst2-ok-png.png', '--trust', both, '--tsa-trust', ROOT).stdout,
    /authority that is not trusted/,
  )
})

test('without a list of trust: valid, status 1', (t: TestContext) => {
  const { status, stdout } = verify('ok-es256.jpg')
  t.assert.equal(status, 1)
  t.assert.match(stdout, /signed by nobody on the list of trust/)
})

test('a file that is longer than 4 GiB is refused, not verified in part', (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-verify-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'long.jpg')
  copyFileSync(join(VECTORS, 'ok-es256.jpg'), file)
  // A hole, of as many bytes as Node does not see.
  truncateSync(file, statSync(file).size + 2 ** 32)
  const { status, stderr } = verify(file, '--trust', ROOT)
  t.assert.equal(status, 4)
  t.assert.match(stderr, /can't be read: it is longer than 4 GiB/)
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

test('a missing file, no certificate and no time: a sentence each, no stack', (t: TestContext) => {
  for (const args of [
    ['nowhere.jpg'],
    ['ok-es256.jpg', '--trust', 'ok-es256.jpg'],
    ['ok-es256.jpg', '--at', 'yesterday'],
  ]) {
    const { status, stderr } = verify(...args)
    t.assert.equal(status, 4, args.join(' '))
    t.assert.doesNotMatch(stderr, /\bat .*\.ts:\d|unforeseen/)
  }
})

test('a file that is no picture: a sentence and status 4, and the other files are verified all the same', (t: TestContext) => {
  for (const json of [[], ['--json']]) {
    const { status, stdout, stderr } = verify(ROOT, 'nowhere.jpg', 'jpg-pixel-flip.jpg', ...json)
    t.assert.equal(status, 4)
    t.assert.match(stderr, /vectors-root\.pem is neither a JPEG nor a PNG image\nnowhere\.jpg can't be read: ENOENT\n$/)
    t.assert.match(stdout, /assertion\.dataHash\.mismatch/)
    if (json.length > 0) t.assert.equal(JSON.parse(stdout)[0].file, 'jpg-pixel-flip.jpg')
  }
})
