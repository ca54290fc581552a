/** `countersign login`, and the commands that then need nothing else. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import type { Outcome } from '../command.ts'
import { countersign } from '../countersign.ts'
import { type Platform, startPlatform } from '../platform.ts'

let platform: Platform
let folder: string

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-login-'))
  mkdirSync(join(folder, 'data'))
  mkdirSync(join(folder, 'elsewhere'))
  platform = await startPlatform({ data: join(folder, 'data') })
  writeFileSync(at('picture.jpg'), readFileSync(platform.quickstart('picture.jpg')))
})
after(async () => {
  await platform.remove()
  rmSync(folder, { recursive: true, force: true })
})

const at = (path: string): string => join(folder, path)
const run = (args: string, cwd = '', env: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
  countersign(args.split(' '), { cwd: at(cwd), env: { HOME: at('home'), ...env } })

test('the quickstart becomes a profile, by which everything works anywhere', async (t: TestContext) => {
  const { status, stdout, stderr } = await run('login')
  t.assert.equal(status, 0, stderr)
  const path = at('home/.config/countersign/profile.json')
  t.assert.equal(
    stdout,
    `✓ Quickstart Service of Countersign Quickstart  ${platform.account.base_url}\n  Profile  ${path}\n`,
  )
  t.assert.equal(statSync(path).mode & 0o777, 0o600)
  t.assert.equal(statSync(at('home/.config/countersign')).mode & 0o777, 0o700)
  t.assert.equal(readFileSync(path, 'utf8').includes(platform.account.credential_pin), false)
  const pin = at('home/.config/countersign/profile.credential-pin')
  t.assert.equal(statSync(pin).mode & 0o777, 0o600)
  t.assert.equal(readFileSync(pin, 'utf8'), `${platform.account.credential_pin}\n`)
  const signed = await run('sign ../picture.jpg --out signed.jpg --no-thumbnail', 'elsewhere')
  t.assert.deepEqual([signed.status, signed.stdout, signed.stderr], [0, '✓ signed.jpg\n', ''])
  t.assert.match((await run('client-cert list', 'elsewhere')).stdout, /in use here/)
})

test('a PKCS#12 file and its password, of the environment, are kept apart', async (t: TestContext) => {
  const { base_url, client_p12_password } = platform.account
  const flags = `--base-url ${base_url} --ca data/ca.pem --p12 data/quickstart/client.p12`
  writeFileSync(at('password.txt'), client_p12_password)
  const { status, stderr } = await run(`login --profile team.json ${flags} --p12-password-file password.txt`)
  t.assert.equal(status, 0, stderr)
  const profile = JSON.parse(readFileSync(at('team.json'), 'utf8'))
  t.assert.deepEqual(profile, {
    base_url,
    clientauth_url: platform.account.clientauth_url,
    ca: at('data/ca.pem'),
    p12: at('data/quickstart/client.p12'),
    p12_password_file: 'team.p12-password',
  })
  t.assert.match((await run('client-cert list --profile ../team.json', 'elsewhere')).stdout, /in use here/)
})

test('nothing is written by who is not known, and no other platform is forgotten', async (t: TestContext) => {
  const { base_url } = platform.account
  writeFileSync(at('wrong.key'), 'wrong')
  for (const [args, sentence] of [
    [`--base-url ${base_url} --ca data/ca.pem --api-key-file wrong.key`, /does not accept the API key/],
    [`--base-url ${base_url} --api-key-file wrong.key`, /does not count/],
    ['--credential-id nobody', /credential/i],
    ['--base-url https://nowhere.localhost:1 --api-key-file wrong.key', /Is the platform running there\?/],
  ] as const) {
    const { status, stderr, stdout } = await run(`login --profile none.json ${args}`)
    t.assert.deepEqual([status, stdout], [1, ''])
    t.assert.match(stderr, sentence)
  }
  writeFileSync(at('other.json'), JSON.stringify({ base_url: 'https://other.example' }))
  const kept = await run(
    `login --profile other.json --base-url ${base_url} --ca data/ca.pem --cert data/quickstart/cert.pem --key data/quickstart/key.pem`,
  )
  t.assert.match(kept.stderr, /^.*other\.json is for https:\/\/other\.example: --force replaces it/)
  t.assert.deepEqual(
    readdirSync(folder).filter((name) => /^none|\.part$|^other\./.test(name)),
    ['other.json'],
  )
})
