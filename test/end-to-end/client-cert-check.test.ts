import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { encodePem } from '@countersign/codec'
import { createSigner, encodePkcs12, name, signCertificate } from '@countersign/pki'
import { makeKey, publicKeyOf } from '../../packages/cli/src/client-cert-key.ts'
import type { Outcome } from '../command.ts'
import { countersign, wordsOf } from '../countersign.ts'
import { type Platform, startPlatform } from '../platform.ts'

const DAY = 86_400_000
const PASSWORD = 'Correct-Horse-9'

let platform: Platform
let folder: string
const printed: string[] = []

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-client-cert-'))
  mkdirSync(join(folder, 'data'))
  platform = await startPlatform({ data: join(folder, 'data') })
  write('password.txt', `${PASSWORD}\n`)
  write('admin.key', platform.account.admin_api_key)
})
after(async () => {
  await platform.remove()
  rmSync(folder, { recursive: true, force: true })
})

const at = (path: string): string => join(folder, path)
const write = (path: string, content: string | Uint8Array): void => writeFileSync(at(path), content)

async function clientCert(args: string, env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const outcome = await countersign(['client-cert', ...wordsOf(args)], {
    cwd: folder,
    env,
  })
  printed.push(outcome.stdout, outcome.stderr)
  return outcome
}

async function json<T = Record<string, unknown>>(args: string, env?: Readonly<Record<string, string>>): Promise<T> {
  const { stdout, stderr, status } = await clientCert(`${args} --json`, env)
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as T
}

type Made = { readonly id: string; readonly name: string; readonly serial_number: string; readonly enabled: boolean }

test('check tells CI by its status what ends soon at the platform', async (t: TestContext) => {
  await json(`create --name Soon --out soon --until ${new Date(Date.now() + 40 * DAY).toISOString().slice(0, 10)}`)
  const soon = await clientCert('check --days 90')
  t.assert.equal(soon.status, 1)
  t.assert.match(soon.stdout, /^! Soon +until \d{4}-\d\d-\d\d, in 40 days {2}[0-9a-f-]{36}$/m)
  t.assert.match(soon.stdout, /1 of 2 ends within 90 days: rotate soon\.\n$/)
  const { stdout, status } = await clientCert('check --days 90 --json')
  const { checked, ending } = JSON.parse(stdout)
  t.assert.equal(status, 1)
  t.assert.ok(checked > ending.length)
  const { days_left, end_date, id } = ending.find((one: Made) => one.name === 'Soon')
  t.assert.equal(days_left, 40)
  t.assert.match(`${end_date} ${id}`, /^\d{4}-\d\d-\d\dT23:59:59Z [0-9a-f-]{36}$/)
  await clientCert('disable Soon')
  const later = await clientCert('check --days 10')
  t.assert.equal(later.status, 0)
  t.assert.match(later.stdout, /^Nothing ends within 10 days\. The first of 1 is quickstart, on /)
})

test('check reads files without a platform, and says what has ended', async (t: TestContext) => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'countersign-client-cert-'))
  t.after(() => rmSync(elsewhere, { recursive: true, force: true }))
  const check = (...args: string[]) => countersign(['client-cert', 'check', ...args], { cwd: elsewhere })
  const key = await makeKey('P-256')
  const made = async (days: number): Promise<Uint8Array> =>
    signCertificate(
      {
        serialNumber: 0xabcn,
        issuer: name({ CN: 'Another authority' }),
        subject: name({ CN: 'Old \u001b[31mhand' }),
        notBefore: new Date(Date.now() - 400 * DAY),
        notAfter: new Date(Date.now() + days * DAY + 60_000),
        publicKey: publicKeyOf(key),
        extensions: [],
      },
      await createSigner('ES256', key),
    )
  const [ended, ending] = [await made(-3), await made(80)]
  const p12 = await encodePkcs12({ privateKey: key, certificate: ending, chain: [], password: PASSWORD })
  writeFileSync(join(elsewhere, 'ended.pem'), encodePem('CERTIFICATE', ended))
  writeFileSync(join(elsewhere, 'ending.p12'), p12)
  writeFileSync(join(elsewhere, 'ending.crt'), ending)
  writeFileSync(join(elsewhere, 'none.pem'), 'none')

  const fine = await check('--days', '80', 'ending.crt')
  t.assert.deepEqual([fine.status, fine.stderr], [0, ''])
  t.assert.match(fine.stdout, /^Nothing ends within 80 days\. The first of 1 is ending\.crt, on .*, in 80 days\.\n$/)
  const soon = await check('--days', '81', 'ending.p12', '--p12-password-file', at('password.txt'))
  t.assert.equal(soon.status, 1, soon.stderr)
  const both = await check('ending.crt', 'ended.pem')
  t.assert.equal(both.status, 2)
  t.assert.match(
    both.stdout,
    /^✗ ended\.pem +ended \d{4}-\d\d-\d\d, 2 days ago\n! ending\.crt +until .*, in 80 days\n2 of 2 /,
  )
  const parsed = JSON.parse((await check('--json', 'ended.pem')).stdout)
  t.assert.deepEqual([parsed.ending[0].serial_number, parsed.ending[0].days_left], ['0ABC', -3])

  const unknown: readonly (readonly [readonly string[], RegExp])[] = [
    [['none.pem'], /none\.pem holds no certificate in PEM/],
    [['nowhere.pem'], /nowhere\.pem can't be read: there is no such file/],
    [['ending.p12'], /ending\.p12 takes a password/],
    [['ending.p12', '--p12-password-file', 'none.pem'], /its password is another one/],
    [['--days', 'soon', 'ending.crt'], /It takes a number of days/],
    [['--dayz', '3'], /--help/],
    [[], /no platform is named/],
  ]
  await Promise.all(
    unknown.map(async ([args, why]) => {
      const { status, stdout, stderr } = await check(...args)
      t.assert.equal(status, 3, stderr)
      t.assert.equal(stdout, '')
      t.assert.match(stderr, why)
    }),
  )
})

test('what the platform declines comes with what to do', async (t: TestContext) => {
  const key = await makeKey('P-256')
  const certificate = await signCertificate(
    {
      serialNumber: 7n,
      issuer: name({ CN: 'Another authority' }),
      subject: name({ CN: 'Stranger' }),
      notBefore: new Date(Date.now() - 400 * DAY),
      notAfter: new Date(Date.now() - 3 * DAY),
      publicKey: publicKeyOf(key),
      extensions: [],
    },
    await createSigner('ES256', key),
  )
  write('stranger.pem', encodePem('CERTIFICATE', certificate) + encodePem('PRIVATE KEY', key))
  write('foreign.pem', encodePem('CERTIFICATE', certificate))
  const day = new Date(Date.now() - 3 * DAY).toISOString().slice(0, 10)
  const port = new URL(platform.account.base_url).port
  const base = `https://countersign.localhost:${port}`
  const declined: readonly (readonly [string, RegExp])[] = [
    ['list --cert stranger.pem', new RegExp(`serial number 07: it ended on ${day}\\. What has ended is not renewed`)],
    ['rotate --cert stranger.pem', new RegExp(`it ended on ${day}`)],
    [
      'list --cert foreign.pem --key data/quickstart/key.pem',
      /key\.pem is not the key of the certificate in .*foreign\.pem/,
    ],
    ['list --cert foreign.pem', /foreign\.pem holds no private key in PEM/],
    [
      `list --base-url ${base} --cert data/quickstart/cert.pem --key data/quickstart/key.pem`,
      /Name the platform's root by --ca/,
    ],
    [`list --ca foreign.pem`, /Is .*foreign\.pem the root of this platform\?/],
    ['list --base-url https://localhost:1 --cert stranger.pem', /Is the platform running there\?/],
    ['list --base-url https://localhost:1', /Who asks\? Name --cert and --key/],
    ['create --name a/b --out nothing', /--name: 1 to 100 letters/],
    ['create --name Later --out nothing --until 2099-01-01', /--until: at most \d{4}-/],
    ['create --name NoPassword --out nothing.p12', /takes a password: name a file that holds it by --password-file/],
    ['create --name Wrong --out nothing --key-type DSA', /DSA/],
    ['rotate --grace soon', /It takes a duration such as 30m/],
    ['rotate --grace 5', /It takes a duration such as 30m/],
  ]
  await Promise.all(
    declined.map(async ([args, why]) => {
      const { status, stdout, stderr } = await clientCert(args)
      t.assert.equal(status, 1, `${args}\n${stdout}`)
      t.assert.match(stderr, why)
      t.assert.doesNotMatch(stderr, /\bat .*\.ts:\d/)
    }),
  )
  t.assert.throws(() => statSync(at('nothing')))
})

test('help has examples', async (t: TestContext) => {
  const show = async (command: string): Promise<void> => {
    const { stdout } = await clientCert(`${command} --help`)
    t.assert.match(stdout, new RegExp(`Examples:\n  countersign client-cert ${command}`))
  }
  await Promise.all(['list', 'create', 'rotate', 'check'].map(show))
})
