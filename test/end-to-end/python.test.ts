/** The Python of docs/signing.md as it stands there: Python alone has something signed, and with c2pa-python it signs a picture. */
import { spawnSync } from 'node:child_process'
import { verify, X509Certificate } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { missing, run } from '../command.ts'
import { judge } from '../judge.ts'
import { type Platform, startPlatform } from '../platform.ts'
import { readText } from '../repository.ts'

const noPython = missing('python3')
const hasC2pa = !noPython && spawnSync('python3', ['-c', 'import c2pa']).status === 0
const noC2pa = noPython || (hasC2pa ? false : 'the Python of this machine has no module c2pa (pip install c2pa-python)')

const [signing = '', manifest = ''] = [...readText('docs/signing.md').matchAll(/^```python\n(.*?)^```$/gms)].map(
  ([, lines = '']) => lines,
)

/** Names under .localhost don't resolve on every machine. */
const LOCAL = `import socket
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda name, *rest, **more: resolve("127.0.0.1" if name.endswith(".localhost") else name, *rest, **more)
`

const folder = mkdtempSync(join(tmpdir(), 'countersign-python-'))
let platform: Platform

before(async () => {
  if (noPython) return
  platform = await startPlatform()
  writeFileSync(join(folder, 'ca.pem'), platform.ca)
  for (const file of ['cert.pem', 'key.pem', 'picture.jpg']) cpSync(platform.quickstart(file), join(folder, file))
  cpSync(platform.quickstart('signing-chain.pem'), join(folder, 'chain.pem'))
})
after(async () => {
  await platform?.remove()
  rmSync(folder, { recursive: true })
})

async function python(t: TestContext, lines: string): Promise<string> {
  const { account } = platform
  const here = lines
    .replaceAll('8443', new URL(account.base_url).port)
    .replaceAll('8080', new URL(account.pki_url).port)
  writeFileSync(join(folder, 'example.py'), LOCAL + here)
  const env = { ...process.env, PIN: account.credential_pin }
  const { status, stdout, stderr } = await run('python3', ['example.py'], { cwd: folder, env })
  t.assert.equal(status, 0, stderr)
  return stdout
}

test('what Python has the platform sign is signed by the credential', { skip: noPython }, async (t: TestContext) => {
  const printed = await python(t, `${signing}\nprint(sign(b"a claim").hex())\n`)
  const { publicKey } = new X509Certificate(readFileSync(join(folder, 'chain.pem')))
  t.assert.ok(verify('sha256', Buffer.from('a claim'), publicKey, Buffer.from(printed.trim(), 'hex')))
})

test('what c2pa-python signs by it is Trusted', { skip: noC2pa }, async (t: TestContext) => {
  await python(t, signing + manifest)
  const report = await judge('image/jpeg', readFileSync(join(folder, 'signed.jpg')), platform.ca)
  t.assert.equal(report.validation_state, 'Trusted')
  t.assert.ok(report.manifests[report.active_manifest]?.signature_info.time)
})
