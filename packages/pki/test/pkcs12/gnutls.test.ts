import { type TestContext, test } from 'node:test'
import { decodePem } from '@countersign/codec'
import type { Identity } from '../hierarchy.ts'
import { file, newPath } from '../openssl.ts'
import {
  certificatePath,
  chainPath,
  ENCRYPTIONS,
  FRIENDLY_NAME,
  holds,
  identities,
  keyPath,
  missing,
  PASSWORD,
  run,
  written,
} from './judged.ts'

const withoutCerttool = missing('certtool', '--version')

test('GnuTLS opens all of them', { skip: withoutCerttool }, async (t: TestContext) => {
  for (const encryption of ENCRYPTIONS)
    for (const identity of identities) {
      const path = file(await written(encryption, identity))
      const { ok, text } = run('certtool', ['--p12-info', '--inder', '--infile', path, '--password', PASSWORD])
      t.assert.ok(ok, text)
      t.assert.equal(decodePem(text).filter(({ label }) => label === 'CERTIFICATE').length, 3)
      t.assert.match(text, /BEGIN (ENCRYPTED )?PRIVATE KEY/)
      const wrong = run('certtool', ['--p12-info', '--inder', '--infile', path, '--password', 'other'])
      t.assert.match(wrong.text, /verify_mac/)
    }
})

function made(cipher: string, index: number): string {
  const path = newPath()
  const { ok, text } = run('certtool', [
    '--to-p12',
    ...['--load-privkey', keyPath[index] as string],
    ...['--load-certificate', certificatePath[index] as string, '--load-ca-certificate', chainPath],
    ...['--p12-name', FRIENDLY_NAME, '--password', PASSWORD, '--pkcs-cipher', cipher],
    ...['--outder', '--outfile', path],
  ])
  if (!ok) throw new Error(text)
  return path
}

test('we open what GnuTLS makes', { skip: withoutCerttool }, async (t: TestContext) => {
  // It takes one authority along.
  for (const [index, cipher] of ['aes-256', '3des'].entries())
    await holds(t, made(cipher, index), identities[index] as Identity, 1)
})
