import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { encodeHex } from '@countersign/codec'
import { eventsOf } from '../store/events-of.ts'
import { signedInPerson } from './test-person.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

const PATH = '/account/api/v1/client-auth-certificate'
let time = Date.now()
let platform: TestPlatform
const folder = mkdtempSync(join(tmpdir(), 'countersign-p12-'))
before(async () => {
  platform = await startTestPlatform({}, () => new Date(time))
})
after(async () => {
  await platform.stop()
  rmSync(folder, { recursive: true })
})

type Generated = {
  readonly id: string
  readonly password: string
  readonly download_url: string
  readonly x509_cert: string
}

const key = (text = platform.account.service_api_key) => ({ door: 'api', headers: { 'x-api-key': text } }) as const

function generate(body: object): Promise<Answer> {
  const headers = { ...key().headers, 'content-type': 'application/json' }
  return platform.ask(`${PATH}/generate`, { door: 'api', headers, body: Buffer.from(JSON.stringify(body)) })
}

const pathOf = ({ download_url }: Generated): string => new URL(download_url).pathname

function missing(command: string): string | false {
  return spawnSync(command, ['-help'], { stdio: 'ignore' }).error ? `${command} is not on this machine` : false
}

function openssl(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8', cwd: folder })
  if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`)
  return stdout + stderr
}

for (const [encryption, hash, cipher] of [
  ['AES-256', 'SHA-256', 'AES-256-CBC'],
  ['aes128', 'SHA384', 'AES-128-CBC'],
  ['AES-128', 'sha-512', 'AES-128-CBC'],
  ['3DES', 'SHA-256', 'MAC: sha1, Iteration 10000[^]*pbeWithSHA1And3-KeyTripleDES-CBC'],
] as const) {
  test(`OpenSSL reads a file with ${encryption} and ${hash}, and its certificate counts`, {
    skip: missing('openssl'),
  }, async (t: TestContext) => {
    const wish = { name: `${encryption} ${hash}`, encryption, signature_hash_algorithm: hash }
    const answer = await generate(wish)
    t.assert.equal(answer.status, 201, answer.body.toString())
    const made = json<Generated>(answer)
    const file = await platform.ask(pathOf(made), key())
    t.assert.equal(file.headers['content-type'], 'application/x-pkcs12')
    t.assert.match(file.headers['content-disposition'] ?? '', /Certificate_pkcs12\.p12/)
    writeFileSync(join(folder, 'Certificate_pkcs12.p12'), file.body)
    const password = ['-passin', `pass:${made.password}`]
    t.assert.match(
      openssl('pkcs12', '-in', 'Certificate_pkcs12.p12', '-noout', '-info', ...password),
      new RegExp(cipher),
    )
    openssl('pkcs12', '-in', 'Certificate_pkcs12.p12', '-clcerts', '-nokeys', '-out', 'cert.pem', ...password)
    openssl('pkcs12', '-in', 'Certificate_pkcs12.p12', '-nocerts', '-nodes', '-out', 'key.pem', ...password)
    const chain = openssl('pkcs12', '-in', 'Certificate_pkcs12.p12', '-cacerts', '-nokeys', ...password)
    t.assert.equal(chain.match(/BEGIN CERTIFICATE/g)?.length, 2)
    writeFileSync(join(folder, 'chain.pem'), chain)
    writeFileSync(join(folder, 'ca.pem'), platform.ca)
    openssl('verify', '-CAfile', 'ca.pem', '-untrusted', 'chain.pem', 'cert.pem')
    const text = openssl('x509', '-in', 'cert.pem', '-noout', '-text')
    t.assert.match(text, new RegExp(`Signature Algorithm: .*${hash.replace('-', '')}`, 'i'))
    const [cert, pem] = ['cert.pem', 'key.pem'].map((name) => readFileSync(join(folder, name), 'utf8'))
    const me = await platform.ask('/account/api/v1/user/me', { cert, key: pem, agent: false })
    t.assert.equal(json<{ id: string }>(me).id, platform.account.service_user_id)
  })
}

test('Java, GnuTLS and NSS read the files', async (t: TestContext) => {
  for (const encryption of ['AES-256', '3DES']) {
    const made = json<Generated>(await generate({ name: `Judged ${encryption}`, encryption }))
    const path = join(folder, `${encryption}.p12`)
    writeFileSync(path, (await platform.ask(pathOf(made), key())).body)
    const database = `sql:${mkdtempSync(join(folder, 'nss-'))}`
    for (const [command, args, says] of [
      ['keytool', ['-list', '-keystore', path, '-storetype', 'PKCS12', '-storepass', made.password], /PrivateKeyEntry/],
      [
        'certtool',
        ['--p12-info', '--inder', '--infile', path, '--password', made.password],
        /BEGIN (ENCRYPTED )?PRIVATE KEY/,
      ],
      ['certutil', ['-N', '-d', database, '--empty-password'], /^$/],
      ['pk12util', ['-i', path, '-d', database, '-W', made.password], /SUCCESSFUL/],
    ] as const) {
      const { status, stdout, error } = spawnSync(command, args, { encoding: 'utf8' })
      if (error) t.diagnostic(`${command} is not on this machine`)
      else {
        t.assert.equal(status, 0, stdout)
        t.assert.match(stdout, says)
      }
    }
  }
})

test('the ways in which others write the words count as well', async (t: TestContext) => {
  for (const [encryption, cipher] of [
    ['3des', 'TripleDES'],
    ['TRIPLE_DES', 'TripleDES'],
    ['TripleDES-SHA1', 'TripleDES'],
    ['AES_128', 'AES-128'],
    ['aes 256', 'AES-256'],
    ['AES', 'AES-256'],
    [undefined, 'AES-256'],
  ] as const) {
    const answer = await generate({ name: `Spelling ${encryption}`, encryption })
    t.assert.equal(answer.status, 201, answer.body.toString())
    const made = json<Generated>(answer)
    const { body } = await platform.ask(pathOf(made), key())
    // The object identifiers in the file.
    const algorithms = {
      TripleDES: '2a864886f70d010c0103',
      'AES-128': '608648016503040102',
      'AES-256': '60864801650304012a',
    }
    t.assert.ok(body.toString('hex').includes(algorithms[cipher]), `${encryption}`)
  }
})

test('the file is given once, to its user, within 15 minutes, and never to who only looks', async (t: TestContext) => {
  const made = json<Generated>(await generate({ name: 'Once' }))
  const path = pathOf(made)
  t.assert.equal((await platform.ask(path, { door: 'api' })).status, 401)
  t.assert.equal((await platform.ask(path, key(platform.account.admin_api_key))).status, 403)
  t.assert.notEqual((await platform.ask(path, { ...key(), method: 'HEAD' })).status, 200)
  const answers = await Promise.all(Array.from({ length: 8 }, () => platform.ask(path, key())))
  t.assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 404, 404, 404, 404, 404, 404, 404])
  t.assert.equal((await platform.ask(path, key())).status, 404)

  const late = json<Generated>(await generate({ name: 'Late' }))
  time += 15 * 60_000 + 1000
  t.after(() => {
    time = Date.now()
  })
  t.assert.equal((await platform.ask(pathOf(late), key())).status, 404)
  t.assert.equal(await platform.world.store.downloads.removeEnded(new Date(time)), 0)
})

test('a page of a neighbouring host takes no file away', async (t: TestContext) => {
  const browser = await signedInPerson(platform, ['AM_USER_MANAGER'])
  const made = json<Generated>(await browser.ask(`${PATH}/generate`, { body: { name: 'By a person' } }))
  const from = (site: string): Promise<Answer> =>
    browser.ask(pathOf(made), { headers: { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' } })
  for (const site of ['same-site', 'cross-site']) t.assert.equal((await from(site)).status, 403)
  t.assert.equal((await from('same-origin')).status, 200)
})

test('what ended is forgotten', async (t: TestContext) => {
  await generate({ name: 'Forgotten' })
  const { downloads } = platform.world.store
  t.assert.equal(await downloads.removeEnded(new Date(time)), 0)
  t.assert.equal(await downloads.removeEnded(new Date(time + 16 * 60_000)), 1)
})

test('words that are none and names that are taken are refused', async (t: TestContext) => {
  for (const [wish, status, says] of [
    [{ name: 'x', encryption: 'RC2-40' }, 400, /encryption: one of AES-256, AES-128, 3DES/],
    [{ name: 'x', encryption: '' }, 400, /encryption: one of/],
    [{ name: 'x', encryption: 'constructor' }, 400, /encryption: one of/],
    [{ name: 'x', signature_hash_algorithm: 'MD5' }, 400, /signature_hash_algorithm: one of/],
    [{ name: 'x/y' }, 400, /name: /],
    [{ name: 'quickstart' }, 409, /this name already/],
    [{ name: 'x', exp: '2999-01-01' }, 400, /exp: at most/],
  ] as const) {
    const answer = await generate(wish)
    t.assert.equal(answer.status, status)
    t.assert.match(json(answer).errors[0]?.message ?? '', says)
  }
})

test('neither password nor file is in the log or the database', async (t: TestContext) => {
  const made = json<Generated>(await generate({ name: 'Secret' }))
  const { downloads, auditEvents } = platform.world.store
  const kept = (await downloads.take(made.id))!
  t.assert.notEqual(encodeHex(kept.wrapped.subarray(0, 2)), '3082')
  const events = JSON.stringify(await eventsOf(auditEvents, platform.account.account_id, 1_000))
  for (const place of [platform.log.join(''), events]) t.assert.ok(!place.includes(made.password))
  const opened = platform.world.keys.unwrapSecret(made.id, kept.wrapped)
  t.assert.equal(opened[0], 0x30)
})
