/** curl and OpenSSL against a fresh platform, with `ca.pem` as all they trust. */
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { missing, run } from '../command.ts'
import { judge } from '../judge.ts'
import { noise } from '../pictures.ts'
import { SIGN_PATH, startPlatform } from '../platform.ts'
import type { SignAnswer } from '../sign-request.ts'

// Its certificates name doors that are open.
const platform = await startPlatform({ isNew: true })
const folder = mkdtempSync(join(tmpdir(), 'countersign-tools-'))
after(async () => {
  await platform.remove()
  rmSync(folder, { recursive: true })
})

const file = (name: string): string => join(folder, name)
const ca = join(platform.data, 'ca.pem')
const picture = await noise('image/png', 80, 60)
writeFileSync(file('01f6c3cc-98d1-45a7-8d05-d82358258061.png'), picture)

async function succeed(command: string, args: readonly string[], cwd: string = folder): Promise<string> {
  const { status, stdout, stderr } = await run(command, args, { cwd })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`)
  return stdout + stderr
}

test('the documented curl line, host and account changed', { skip: missing('curl') }, async (t: TestContext) => {
  const { account_id: accountId, clientauth_url: base } = platform.account
  const { hostname, port } = new URL(base)
  const printed = await succeed('curl', [
    '--silent',
    '--location',
    `${base}${SIGN_PATH}`,
    ...['--resolve', `${hostname}:${port}:127.0.0.1`],
    ...['--cacert', ca],
    ...['--cert', platform.quickstart('cert.pem')],
    ...['--key', platform.quickstart('key.pem')],
    ...['--form', 'hashAlgo="SHA256"'],
    ...['--form', 'signAlgo="1.2.840.113549.1.1.10"'],
    ...['--form', 'signAlgoParams="MTIzNDQ="'],
    ...['--form', `accountId="${accountId}"`],
    ...['--form', 'image=@"01f6c3cc-98d1-45a7-8d05-d82358258061.png"'],
    ...['--form', 'schemaField="author,publisher"'],
  ])
  const answer: SignAnswer = JSON.parse(printed)
  t.assert.equal(answer.file_name, 'signed-01f6c3cc-98d1-45a7-8d05-d82358258061.png')
  t.assert.equal(answer.mime_type, 'image/png')
  t.assert.equal(answer.hash_algo, 'SHA256')
  t.assert.equal(answer.sign_algo, '1.2.840.113549.1.1.10')
  const signed = Buffer.from(answer.encoded_signed_content, 'base64')
  const report = await judge('image/png', signed, platform.ca)
  t.assert.equal(report.validation_state, 'Trusted')
  const manifest = JSON.parse(answer.signed_manifest)
  const assertions = manifest.manifests[manifest.active_manifest].assertions
  const creativeWork = assertions.find(({ label }: { label: string }) => label === 'stds.schema-org')
  t.assert.equal(creativeWork.data['@type'], 'CreativeWork')
  t.assert.ok(creativeWork.data.author && creativeWork.data.publisher && !creativeWork.data.creator)
})

test('the line that the first start prints', { skip: missing('curl') }, async (t: TestContext) => {
  const line = /^ +curl [\s\S]*?\/sign$/m.exec(platform.output())?.[0]
  t.assert.ok(line, `no curl line in:\n${platform.output()}`)
  // It is meant to be run where the platform was started.
  await succeed('sh', ['-c', line], platform.data)
  const report = await judge('image/jpeg', readFileSync(join(platform.data, 'signed.jpg')), platform.ca)
  t.assert.equal(report.validation_state, 'Trusted')
})

test('client.p12 opens, and signs by curl', { skip: missing('openssl') }, async () => {
  const { client_p12_password: password } = platform.account
  const p12 = platform.quickstart('client.p12')
  await succeed('openssl', ['pkcs12', '-in', p12, '-passin', `pass:${password}`, '-nodes', '-out', file('p12.pem')])
  const { hostname, port } = new URL(platform.account.clientauth_url)
  await succeed('curl', [
    '--silent',
    '--fail',
    `https://${hostname}:${port}${SIGN_PATH}`,
    ...['--resolve', `${hostname}:${port}:127.0.0.1`, '--cacert', ca],
    ...['--cert-type', 'P12', '--cert', `${p12}:${password}`, '--header', 'Accept: image/png'],
    ...['--form', 'hashAlgo=SHA-256', '--form', 'signAlgo=1.2.840.10045.4.3.2', '--form', 'signAlgoParams=MTIzNDQ='],
    ...['--form', `accountId=${platform.account.account_id}`, '--form', 'schemaField=creator'],
    ...['--form', 'image=@01f6c3cc-98d1-45a7-8d05-d82358258061.png', '--output', 'p12.png'],
  ])
})

test('openssl ts: a query answered by POST /tsa verifies', { skip: missing('openssl') }, async (t: TestContext) => {
  writeFileSync(file('data'), 'what is stamped')
  for (const hash of ['-sha256', '-sha384', '-sha512']) {
    await succeed('openssl', ['ts', '-query', '-data', 'data', hash, '-cert', '-out', 'request.tsq'])
    const response = await fetch(`${platform.account.pki_url}/tsa`, {
      method: 'POST',
      headers: { 'content-type': 'application/timestamp-query' },
      body: readFileSync(file('request.tsq')),
    })
    t.assert.equal(response.headers.get('content-type'), 'application/timestamp-reply')
    writeFileSync(file('response.tsr'), Buffer.from(await response.arrayBuffer()))
    const by = ['-queryfile', 'request.tsq', '-in', 'response.tsr', '-CAfile', ca]
    t.assert.match(await succeed('openssl', ['ts', '-verify', ...by]), /Verification: OK/)
    t.assert.match(await succeed('openssl', ['ts', '-reply', '-in', 'response.tsr', '-text']), /Policy OID: /)
  }
})

/** chain.pem, a file for each certificate, since OpenSSL reads no more of one: the client's, its authority, the root. */
const [leaf = '', authority = ''] = (
  readFileSync(platform.quickstart('chain.pem'), 'utf8').match(
    /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n/g,
  ) ?? []
).map((block, index) => {
  writeFileSync(file(`chain${index}.pem`), block)
  return file(`chain${index}.pem`)
})

test('openssl ocsp: the client certificate and its authority are good', {
  skip: missing('openssl'),
}, async (t: TestContext) => {
  for (const [certificate, issuer] of [
    [leaf, authority],
    [authority, ca],
  ] as const) {
    const url = /OCSP - URI:(\S+)/.exec(new X509Certificate(readFileSync(certificate)).infoAccess ?? '')?.[1] ?? ''
    t.assert.ok(url.startsWith(platform.account.pki_url), `OCSP at ${url}`)
    const by = ['-issuer', issuer, '-cert', certificate, '-url', url, '-CAfile', ca]
    const printed = await succeed('openssl', ['ocsp', ...by, '-resp_text'])
    t.assert.match(printed, /Response verify OK/)
    t.assert.match(printed, /: good/)
  }
})

test('openssl verify: every certificate stands on its CRLs', { skip: missing('openssl') }, async (t: TestContext) => {
  const lists: string[] = []
  for (const certificate of [leaf, authority]) {
    const text = await succeed('openssl', ['x509', '-in', certificate, '-noout', '-text'])
    const url = /CRL Distribution Points:[\s\S]*?URI:(\S+)/.exec(text)?.[1] ?? ''
    t.assert.ok(url.startsWith(platform.account.pki_url), `CRL at ${url}`)
    const response = await fetch(url)
    t.assert.equal(response.headers.get('content-type'), 'application/pkix-crl')
    const name = `list${lists.length}`
    writeFileSync(file(name), Buffer.from(await response.arrayBuffer()))
    await succeed('openssl', ['crl', '-inform', 'DER', '-in', name, '-out', `${name}.pem`])
    lists.push(`${name}.pem`)
  }
  const crls = lists.flatMap((name) => ['-CRLfile', name])
  const by = ['-CAfile', ca, '-untrusted', authority, ...crls, '-crl_check_all', '-x509_strict', leaf]
  t.assert.match(await succeed('openssl', ['verify', ...by]), /: OK/)
})

test('what people look at first', async (t: TestContext) => {
  for (const path of ['/health', '/ready', '/version', '/openapi.json', '/docs']) {
    const { status } = await platform.request('api', path)
    t.assert.ok(status === 200 || (path === '/docs' && status >= 300 && status < 400), `${path}: ${status}`)
  }
  const metrics = await platform.request('api', '/metrics')
  t.assert.match(metrics.body.toString(), /^# HELP /m)
})
