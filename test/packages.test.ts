/** What strangers install: the libraries' and the SDK's tarballs, in an empty folder, from plain JavaScript and from TypeScript. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { startPlatform } from './platform.ts'
import { ROOT } from './repository.ts'

const PACKAGES = ['codec', 'pki', 'c2pa', 'sdk']
const folder = mkdtempSync(join(tmpdir(), 'countersign-packages-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const run = (command: string, args: readonly string[], cwd: string, env = process.env): string => {
  try {
    return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`)
  }
}

/** A copy of the workspace, since packing changes package.json for its time, and other tests read it meanwhile. */
function stage(): string {
  const workspace = join(folder, 'workspace')
  mkdirSync(join(workspace, 'packages'), { recursive: true })
  for (const path of ['package.json', 'tsconfig.json', 'tsconfig.libraries.json', 'LICENSE', 'scripts']) {
    cpSync(join(ROOT, path), join(workspace, path), { recursive: true })
  }
  for (const name of PACKAGES) {
    cpSync(join(ROOT, 'packages', name), join(workspace, 'packages', name), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(workspace, 'node_modules'), 'junction')
  return workspace
}

const SIGN = `
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { sign, verify } from '@countersign/c2pa'
import { encodePem } from '@countersign/codec'
import { createSigner, extensions, keyIdentifier, name, randomSerialNumber, signCertificate } from '@countersign/pki'

const newSigner = () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return createSigner('ES256', privateKey.export({ format: 'der', type: 'pkcs8' }))
}
const [authority, signer] = [await newSigner(), await newSigner()]
const certificate = (subject, { publicKey }, more) =>
  signCertificate(
    {
      serialNumber: randomSerialNumber(),
      issuer: name({ CN: 'Root', O: 'Example', C: 'DE' }),
      subject: name({ CN: subject, O: 'Example', C: 'DE' }),
      notBefore: new Date(Date.now() - 3_600_000),
      notAfter: new Date(Date.now() + 86_400_000),
      publicKey,
      extensions: [
        ...more,
        extensions.subjectKeyIdentifier(keyIdentifier(publicKey)),
        extensions.authorityKeyIdentifier(keyIdentifier(authority.publicKey)),
      ],
    },
    authority,
  )
const root = await certificate('Root', authority, [
  extensions.basicConstraints({ cA: true }),
  extensions.keyUsage(['keyCertSign', 'cRLSign']),
])
const leaf = await certificate('Signer', signer, [
  extensions.basicConstraints({ cA: false }),
  extensions.keyUsage(['digitalSignature', 'nonRepudiation']),
  extensions.extendedKeyUsage(['1.3.6.1.4.1.62558.2.1', '1.3.6.1.5.5.7.3.4']),
])
const picture = new Uint8Array(readFileSync('picture.png'))
const { asset, format } = await sign(picture, {
  signer,
  certificates: [leaf],
  claimGenerator: { name: 'A stranger', version: '1.0.0' },
  digitalSourceType: 'http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture',
})
const report = await verify(asset, { trust: [root], tsaTrust: [], now: new Date() })
const broken = asset.slice()
broken[broken.length - 20] ^= 1
const refused = await verify(broken, { trust: [root], tsaTrust: [], now: new Date() })
console.log(format, report.state, refused.state, encodePem('CERTIFICATE', root).split('\\n')[0])
`

const CONSUMER = `
import { sign, verify, type SignOptions, type SignedAsset } from '@countersign/c2pa'
import { Certificate, type Signer } from '@countersign/pki'
import { decodePemBlock } from '@countersign/codec'
import { connect, type Countersign, CountersignError, type User } from '@countersign/sdk'

export async function whoAmI(ca: string, pkcs12: Uint8Array): Promise<User | string> {
  const options = { url: 'https://countersign.example', ca, certificate: { pkcs12, password: 'secret' } }
  const countersign: Countersign = connect(options)
  // @ts-expect-error: every field is known
  await countersign.clientAuthCertificates.create({ name: 'No request' })
  return countersign.users.me().catch((error) => (error instanceof CountersignError ? error.code : 'unknown'))
}

export async function use(signer: Signer, pem: string, picture: Uint8Array): Promise<string> {
  const root: Certificate = Certificate.decode(decodePemBlock(pem, 'CERTIFICATE'))
  const options: SignOptions = { signer, certificates: [root.bytes], claimGenerator: { name: 'A stranger' } }
  const signed: SignedAsset = await sign(picture, options)
  const report = await verify(signed.asset, { trust: [root.bytes], tsaTrust: [], now: new Date() })
  // @ts-expect-error: the declarations are there, and say more than any
  report.state.toFixed()
  return report.state
}
`

/** Every node that the PATH names, besides the one that runs this. */
function otherNodes(): string[] {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((path) => !path.includes('node_modules'))
  return [...new Set(folders.map((path) => join(path, 'node')).filter((path) => existsSync(path)))]
}

/** The example of the SDK's README as it stands there, but for the host. */
async function runReadme(t: TestContext, stranger: string, nodes: readonly string[]): Promise<void> {
  const readme = readFileSync(join(ROOT, 'packages', 'sdk', 'README.md'), 'utf8')
  const example = /```js\n(.*?)```/s.exec(readme)?.[1] ?? ''
  const platform = await startPlatform()
  try {
    const host = 'https://countersign.localhost:8443'
    t.assert.ok(example.includes(host))
    writeFileSync(join(stranger, 'readme.js'), example.replaceAll(host, platform.account.base_url))
    writeFileSync(join(stranger, 'ca.pem'), platform.ca)
    for (const file of ['cert.pem', 'key.pem', 'picture.jpg']) cpSync(platform.quickstart(file), join(stranger, file))
    const env = { ...process.env, PIN: platform.account.credential_pin }
    for (const node of nodes) t.assert.equal(run(node, ['readme.js'], stranger, env).trim(), 'Trusted')
  } finally {
    await platform.remove()
  }
}

test('the tarballs, installed in an empty folder, sign and verify', async (t: TestContext) => {
  const workspace = stage()
  const before = PACKAGES.map((name) => readFileSync(join(workspace, 'packages', name, 'package.json'), 'utf8'))
  const tarballs = PACKAGES.map((name) => {
    const printed = run('npm', ['pack', '--silent', '--pack-destination', folder], join(workspace, 'packages', name))
    return join(folder, printed.trim().split('\n').at(-1) ?? '')
  })
  for (const [index, name] of PACKAGES.entries()) {
    const manifest = readFileSync(join(workspace, 'packages', name, 'package.json'), 'utf8')
    t.assert.equal(manifest, before[index], `packing left packages/${name}/package.json changed`)
    const listed = run('tar', ['tzf', tarballs[index] ?? ''], folder)
      .trim()
      .split('\n')
    const strange = listed.filter(
      (path) => !/^package\/(dist\/.*\.(js|d\.ts)|package\.json|LICENSE|README\.md)$/.test(path),
    )
    t.assert.deepEqual(strange, [], `the tarball of ${name} holds more than JavaScript and declarations`)
    t.assert.ok(listed.includes('package/dist/index.js') && listed.includes('package/dist/index.d.ts'))
    t.assert.ok(listed.includes('package/LICENSE'))
  }

  const stranger = join(folder, 'stranger')
  mkdirSync(stranger)
  writeFileSync(join(stranger, 'package.json'), '{ "private": true, "type": "module" }')
  run('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs], stranger)
  const { default: sharp } = await import('sharp')
  const picture = sharp({ create: { width: 64, height: 64, channels: 3, background: 'teal' } })
  writeFileSync(join(stranger, 'picture.png'), await picture.png().toBuffer())
  writeFileSync(join(stranger, 'sign.js'), SIGN)
  const nodes = [process.execPath, ...otherNodes()]
  for (const node of nodes) {
    const printed = run(node, ['sign.js'], stranger)
    const version = run(node, ['--version'], stranger).trim()
    t.assert.equal(printed.trim(), 'image/png Trusted Invalid -----BEGIN CERTIFICATE-----', `by Node ${version}`)
  }

  writeFileSync(join(stranger, 'consumer.ts'), CONSUMER)
  await runReadme(t, stranger, nodes)

  const options = ['--module', 'nodenext', '--target', 'esnext', '--strict', '--noEmit', '--lib', 'esnext,dom']
  run(join(ROOT, 'node_modules', '.bin', 'tsc'), [...options, 'consumer.ts'], stranger)
})
