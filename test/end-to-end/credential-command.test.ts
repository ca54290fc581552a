/** `countersign credential`, against a platform. */
import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import type { Outcome } from '../command.ts'
import { countersign, wordsOf } from '../countersign.ts'
import { type Platform, startPlatform } from '../platform.ts'

let platform: Platform
let folder: string
const printed: string[] = []

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-credential-'))
  mkdirSync(join(folder, 'data'))
  platform = await startPlatform({ data: join(folder, 'data') })
  writeFileSync(at('admin.key'), platform.account.admin_api_key)
  writeFileSync(at('old.pin'), `${platform.account.credential_pin}\n`)
  writeFileSync(at('new.pin'), 'correct-horse-9\n')
})
after(async () => {
  await platform.remove()
  rmSync(folder, { recursive: true, force: true })
})

const at = (path: string): string => join(folder, path)

async function credential(args: string): Promise<Outcome> {
  const words = wordsOf(args)
  const outcome = await countersign(['credential', ...words], { cwd: folder, env: { COUNTERSIGN_DATA: 'data' } })
  printed.push(outcome.stdout, outcome.stderr)
  return outcome
}

const ADMIN = '--api-key-file admin.key'

test('a credential is issued, shown, suspended, resumed and revoked', async (t: TestContext) => {
  const issued = await credential(
    `issue --nickname newsroom --common-name Example~News --key-type p_384 --days 90 ${ADMIN}`,
  )
  t.assert.equal(issued.status, 0, issued.stderr)
  t.assert.match(
    issued.stdout,
    /^✓ newsroom {2}until \d{4}-\d\d-\d\d, in 8\d days\n {2}Credential {2}[0-9a-f-]{36}\n {2}Key {9}EC P-384\n/,
  )
  t.assert.match(issued.stdout, /CN=Example News,O=/)
  t.assert.match(
    (await credential(`suspend newsroom ${ADMIN}`)).stdout,
    /^✓ newsroom signs no more until it is resumed {2}/,
  )
  t.assert.match((await credential('list --status suspended')).stdout, /^○ newsroom {2}EC P-384 {2}suspended, until /)
  t.assert.match((await credential(`resume newsroom ${ADMIN}`)).stdout, /^✓ newsroom signs again {2}/)
  const revoked = JSON.parse((await credential(`revoke newsroom --reason superseded --json ${ADMIN}`)).stdout)
  t.assert.equal(revoked.status, 'revoked')
  t.assert.match((await credential('show newsroom')).stdout, /^✗ newsroom {2}revoked\n/)
  const listed = JSON.parse((await credential('list --json --nickname EWSRO')).stdout)
  t.assert.deepEqual(
    listed.map(({ nickname }: { nickname: string }) => nickname),
    ['newsroom'],
  )
})

test('a chain is printed, and written, from the certificate to the root', async (t: TestContext) => {
  const { stdout } = await credential('chain quickstart')
  t.assert.equal((await credential('chain quickstart --out chain.pem')).stdout, '✓ chain.pem\n')
  t.assert.equal(readFileSync(at('chain.pem'), 'utf8'), stdout)
  const [leaf, authority, root] = stdout.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? []
  const [signer, issuer, anchor] = [leaf, authority, root].map((pem) => new X509Certificate(pem ?? ''))
  t.assert.ok(signer?.checkIssued(issuer as X509Certificate))
  t.assert.ok(issuer?.checkIssued(anchor as X509Certificate))
  t.assert.equal(anchor?.fingerprint256, new X509Certificate(platform.ca).fingerprint256)
})

test('a PIN is changed by who knows it, and the old one signs no more', async (t: TestContext) => {
  const wrong = await credential('change-pin quickstart --credential-pin-file new.pin --new-pin-file new.pin')
  t.assert.equal(wrong.status, 1)
  t.assert.match(wrong.stderr, /PIN/)
  const files = '--credential-pin-file old.pin --new-pin-file new.pin'
  const changed = await credential(`change-pin quickstart ${files}`)
  t.assert.equal(changed.status, 0, changed.stderr)
  t.assert.equal(changed.stdout, '✓ quickstart has the new PIN\n')
  const signing = (pin: string) =>
    countersign(
      ['sign', 'data/quickstart/picture.jpg', '--out', `${pin}.jpg`, '--no-thumbnail', '--credential-pin-file', pin],
      { cwd: folder, env: { COUNTERSIGN_DATA: 'data' } },
    )
  t.assert.match((await signing('old.pin')).stderr, /^The PIN is invalid\./m)
  t.assert.equal((await signing('new.pin')).status, 0)
  t.assert.match(
    (await credential('change-pin quickstart')).stderr,
    /Name a file that holds the PIN by --credential-pin-file/,
  )
})

test('what it signed is listed, searched and exported', async (t: TestContext) => {
  t.assert.match(
    (await credential('signatures quickstart')).stdout,
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}Quickstart Service from 127\.0\.0\.1 {2}hash [0-9a-f]{64}\n$/,
  )
  const [signature] = JSON.parse((await credential('signatures quickstart --json')).stdout)
  const found = JSON.parse((await credential(`signatures quickstart --hash ${signature.signed_hash} --json`)).stdout)
  t.assert.deepEqual(found, [signature])
  t.assert.equal((await credential('signatures quickstart --to 2001-01-01')).stdout, 'No signatures.\n')
  const csv = (await credential('signatures quickstart --csv')).stdout.trim().split('\r\n')
  t.assert.equal(csv.length, 2)
  t.assert.ok(csv[1]?.includes(signature.signed_hash))
})

test('what makes no sense, and what may not be done, is a sentence', async (t: TestContext) => {
  for (const [args, sentence] of [
    ['show nobody', /credential/i],
    ['suspend quickstart', /MANAGE_CTM_CREDENTIAL/],
    ['issue --nickname a --common-name b --key-type rsa_1024', /Allowed choices are p_256/],
    ['issue --common-name b', /--nickname/],
    ['signatures quickstart --limit 0', /It takes a number/],
    ['chain quickstart --out nowhere/chain.pem', /nowhere\/chain\.pem can't be written: ENOENT/],
  ] as const) {
    const { status, stdout, stderr } = await credential(args)
    t.assert.equal(status, 1, args)
    t.assert.equal(stdout, '')
    t.assert.match(stderr, sentence)
  }
})

test('no PIN and no key was ever printed', (t: TestContext) => {
  const all = printed.join('\n')
  for (const secret of [platform.account.credential_pin, platform.account.admin_api_key, 'correct-horse-9'])
    t.assert.equal(all.includes(secret), false)
})
