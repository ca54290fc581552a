import { type TestContext, test } from 'node:test'
import { file, newPath } from '../openssl.ts'
import { ENCRYPTIONS, holds, missing, PASSWORD, rsa, run, written } from './judged.ts'

const withoutKeytool = missing('keytool', '-help')
const ENGLISH = ['-J-Duser.language=en', '-J-Xshare:auto', '-J-XX:TieredStopAtLevel=1']

test('Java opens all of them', { skip: withoutKeytool }, async (t: TestContext) => {
  for (const encryption of ENCRYPTIONS) {
    const store = ['-storetype', 'PKCS12', '-storepass', PASSWORD, '-keystore', file(await written(encryption))]
    const { ok, text } = run('keytool', [...ENGLISH, '-list', '-v', ...store])
    t.assert.ok(ok, text)
    t.assert.match(text, /Entry type: PrivateKeyEntry/)
    t.assert.match(text, /Certificate chain length: 3/)
  }
})

for (const [name, flags] of [
  ['today', []],
  ['before 8u301', ['-J-Dkeystore.pkcs12.legacy']],
] as const)
  test(`we open what Java makes, and made ${name}`, { skip: withoutKeytool }, async (t: TestContext) => {
    const path = newPath()
    // The key has to be opened too: keytool writes it anew.
    const source = ['-srckeystore', file(await written('AES-256')), '-srcstorepass', PASSWORD]
    const target = ['-destkeystore', path, '-deststorepass', PASSWORD, '-deststoretype', 'PKCS12']
    const { ok, text } = run('keytool', [...ENGLISH, ...flags, '-importkeystore', ...source, ...target])
    t.assert.ok(ok, text)
    await holds(t, path, rsa)
  })
