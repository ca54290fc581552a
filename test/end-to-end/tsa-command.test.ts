/** `countersign tsa`: time stamps of files, judged by OpenSSL. */
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { missing, type Outcome, run } from '../command.ts'
import { countersign } from '../countersign.ts'
import { type Platform, startPlatform } from '../platform.ts'

let platform: Platform
let folder: string

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-tsa-'))
  mkdirSync(join(folder, 'data'))
  platform = await startPlatform({ data: join(folder, 'data') })
  writeFileSync(at('contract.txt'), 'We agree.\n')
})
after(async () => {
  await platform.remove()
  rmSync(folder, { recursive: true, force: true })
})

const at = (path: string): string => join(folder, path)
const tsa = (args: string): Promise<Outcome> => countersign(['tsa', ...args.split(' ')], { cwd: folder })
const openssl = (...args: readonly string[]): Promise<Outcome> => run('openssl', args, { cwd: folder })

for (const [name, flags] of [
  ['by the platform', () => '--hash sha384'],
  ['by an authority', () => `--url ${platform.account.pki_url}/tsa`],
] as const) {
  test(`a time stamp ${name} is what OpenSSL takes`, { skip: missing('openssl') }, async (t: TestContext) => {
    const out = `${name.replaceAll(' ', '-')}.tsr`
    const stamped = await tsa(`stamp contract.txt --out ${out} ${flags()}`)
    t.assert.equal(stamped.status, 0, stamped.stderr)
    t.assert.match(stamped.stdout, new RegExp(`^✓ ${out} {2}\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC\n$`))
    const judged = await openssl('ts', '-verify', '-data', 'contract.txt', '-in', out, '-CAfile', 'data/ca.pem')
    t.assert.match(judged.stdout, /Verification: OK/, judged.stderr)
    const verified = await tsa(`verify contract.txt --token ${out} --trust data/ca.pem`)
    t.assert.equal(verified.status, 0, verified.stderr)
    t.assert.match(
      verified.stdout,
      /^✓ contract\.txt {2}was there at .* UTC, as it is now\n {2}Authority {2}CN=Countersign Time Stamp/,
    )
  })
}

test("OpenSSL's own request, answered by the platform, and its bare token are taken", {
  skip: missing('openssl'),
}, async (t: TestContext) => {
  const made = await openssl('ts', '-query', '-data', 'contract.txt', '-sha512', '-cert', '-out', 'query.tsq')
  t.assert.equal(made.status, 0, made.stderr)
  const answer = await fetch(`${platform.account.pki_url}/tsa`, {
    method: 'POST',
    headers: { 'content-type': 'application/timestamp-query' },
    body: readFileSync(at('query.tsq')),
  })
  writeFileSync(at('answer.tsr'), new Uint8Array(await answer.arrayBuffer()))
  await openssl('ts', '-reply', '-in', 'answer.tsr', '-token_out', '-out', 'token.der')
  for (const file of ['answer.tsr', 'token.der'])
    t.assert.equal((await tsa(`verify contract.txt --token ${file} --trust data/ca.pem`)).status, 0)
})

test('whom nobody trusts, what was changed and what is none is told apart', async (t: TestContext) => {
  t.assert.equal((await tsa('stamp contract.txt')).status, 0)
  const there = await tsa('stamp contract.txt')
  t.assert.deepEqual([there.status, there.stderr], [1, 'contract.txt.tsr is there already: --force replaces it\n'])
  t.assert.equal((await tsa('stamp contract.txt --force --json')).status, 0)
  const untrusted = await tsa('verify contract.txt')
  t.assert.equal(untrusted.status, 1)
  t.assert.match(
    untrusted.stdout,
    /^! contract\.txt .* by an authority that you do not trust\n.*\n {2}--trust FILE says whom/,
  )

  copyFileSync(at('contract.txt'), at('other.txt'))
  appendFileSync(at('other.txt'), 'Or not.\n')
  const changed = await tsa('verify other.txt --token contract.txt.tsr --trust data/ca.pem')
  t.assert.equal(changed.status, 2)
  t.assert.match(changed.stdout, /^✗ other\.txt {2}the time stamp is of something else, or the file was changed/)

  const whole = readFileSync(at('contract.txt.tsr'))
  for (const at_ of [40, 200, whole.length >> 1, whole.length - 3]) {
    const bent = Buffer.from(whole)
    bent[at_] = (bent[at_] ?? 0) ^ 1
    writeFileSync(at('bent.tsr'), bent)
    const { status } = await tsa('verify contract.txt --token bent.tsr --trust data/ca.pem')
    t.assert.ok(status === 2 || status === 4 || status === 1, `bit at ${at_}: ${status}`)
  }
  for (const [args, sentence] of [
    ['verify contract.txt --token contract.txt', /^contract\.txt is no time stamp: /],
    ['verify nowhere.txt --token contract.txt.tsr', /^nowhere\.txt can't be read: there is no such file/],
    ['verify contract.txt --token nowhere.tsr', /^nowhere\.tsr can't be read/],
    ['verify contract.txt --trust contract.txt', /^contract\.txt (is no PEM|holds no certificate)/],
    ['verify', /missing required argument/],
  ] as const) {
    const { status, stderr } = await tsa(args)
    t.assert.equal(status, 4, args)
    t.assert.match(stderr, sentence)
  }
  const dead = await tsa('stamp contract.txt --force --url http://127.0.0.1:9/tsa')
  t.assert.equal(dead.status, 1)
  t.assert.match(dead.stderr, /^http:\/\/127\.0\.0\.1:9\/tsa gave no time stamp: /)
  t.assert.match((await tsa('stamp contract.txt --force --url ftp://x')).stderr, /it takes a URL as http/)
})
