import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { decodePem } from '@countersign/codec'
import { decodePkcs12 } from '../../src/index.ts'
import { file, newPath, openssl, withoutOpenSsl } from '../openssl.ts'
import {
  certificatePath,
  chainPath,
  ENCRYPTIONS,
  FRIENDLY_NAME,
  holds,
  identities,
  keyOf,
  keyPath,
  PASSWORD,
  written,
} from './judged.ts'

for (const encryption of ENCRYPTIONS)
  for (const flags of encryption === '3DES' ? [[], ['-legacy']] : [[]])
    test(`OpenSSL opens ${encryption} ${flags[0] ?? 'as it is'}`, { skip: withoutOpenSsl }, async (t: TestContext) => {
      for (const identity of identities) {
        const path = file(await written(encryption, identity))
        const given = ['pkcs12', ...flags, '-in', path, '-passin', `pass:${PASSWORD}`]
        const own = openssl(...given, '-clcerts', '-nokeys')
        t.assert.deepEqual(
          decodePem(own.text).map(({ bytes }) => bytes),
          [identity.certificate.bytes],
        )
        t.assert.match(own.text, /localKeyID/)
        t.assert.equal(decodePem(openssl(...given, '-cacerts', '-nokeys').text).length, 2)
        const key = openssl(...given, '-nocerts', '-nodes').text
        t.assert.ok(createPrivateKey(key).equals(keyOf(identity)))
        const info = openssl(...given, '-info', '-nokeys', '-nocerts').text
        if (encryption === '3DES') {
          t.assert.match(info, /MAC: sha1, Iteration 10000\n/)
          t.assert.match(info, /Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 10000/)
          t.assert.match(info, /PKCS7 Encrypted data: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 10000/)
        } else {
          t.assert.match(info, /MAC: sha256, Iteration 100000\n/)
          const pbes2 = `PBES2, PBKDF2, ${encryption}-CBC, Iteration 100000, PRF hmacWithSHA256`
          t.assert.equal(info.split(pbes2).length - 1, 2)
        }
        t.assert.ok(!openssl('pkcs12', ...flags, '-in', path, '-passin', 'pass:other', '-nokeys').ok)
      }
    })

for (const flags of [
  [],
  ['-legacy'],
  ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-192-CBC', '-macalg', 'sha512', '-iter', '1000'],
  ['-keypbe', 'DES-EDE3-CBC', '-certpbe', 'DES-EDE3-CBC', '-macalg', 'sha1'],
  ['-legacy', '-descert'],
  ['-legacy', '-keypbe', 'PBE-SHA1-2DES', '-certpbe', 'PBE-SHA1-RC2-128'],
  ['-certpbe', 'NONE', '-macalg', 'sha1'],
  ['-macalg', 'sha384', '-nomaciter'],
])
  test(`we open what OpenSSL makes with ${flags.join(' ')}`, { skip: withoutOpenSsl }, async (t: TestContext) => {
    for (const [index, identity] of identities.entries()) {
      const path = newPath()
      const from = ['-inkey', keyPath[index] as string, '-in', certificatePath[index] as string]
      const to = ['-certfile', chainPath, '-name', FRIENDLY_NAME, '-passout', `pass:${PASSWORD}`, '-out', path]
      const { ok, text } = openssl('pkcs12', '-export', ...from, ...to, ...flags)
      t.assert.ok(ok, text)
      await holds(t, path, identity)
      const wrong = decodePkcs12(new Uint8Array(readFileSync(path)), `${PASSWORD}!`)
      await t.assert.rejects(wrong, { code: 'wrong_password' })
    }
  })
