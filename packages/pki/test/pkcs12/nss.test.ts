import { mkdirSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { file, newPath } from '../openssl.ts'
import { ENCRYPTIONS, ec, FRIENDLY_NAME, holds, missing, PASSWORD, rsa, run, written } from './judged.ts'

const withoutNss = missing('pk12util', '-H') || missing('certutil', '-H')

function newDatabase(): string {
  const folder = newPath()
  mkdirSync(folder)
  run('certutil', ['-N', '-d', `sql:${folder}`, '--empty-password'])
  return `sql:${folder}`
}

test('NSS opens all of them', { skip: withoutNss }, async (t: TestContext) => {
  for (const encryption of ENCRYPTIONS) {
    const database = newDatabase()
    const path = file(await written(encryption))
    const wrong = run('pk12util', ['-i', path, '-d', database, '-W', 'other'])
    t.assert.ok(!wrong.ok, wrong.text)
    const imported = run('pk12util', ['-i', path, '-d', database, '-W', PASSWORD])
    t.assert.ok(imported.ok, imported.text)
    t.assert.match(run('certutil', ['-L', '-d', database]).text, new RegExp(`${FRIENDLY_NAME}\\s+u,u,u`))
  }
})

test('NSS opens that of a key on a curve', { skip: withoutNss }, async (t: TestContext) => {
  const database = newDatabase()
  for (const encryption of ENCRYPTIONS) {
    const listed = run('pk12util', ['-l', file(await written(encryption, ec)), '-d', database, '-W', PASSWORD])
    t.assert.ok(listed.ok, listed.text)
    t.assert.match(listed.text, /Friendly Name: device 1/)
  }
})

// It writes BER with lengths that come at the end, and iterates 600,000 times.
test('we open what NSS makes', { skip: withoutNss }, async (t: TestContext) => {
  const database = newDatabase()
  run('pk12util', ['-i', file(await written('3DES')), '-d', database, '-W', PASSWORD])
  const path = newPath()
  const exported = run('pk12util', ['-o', path, '-n', FRIENDLY_NAME, '-d', database, '-W', PASSWORD])
  t.assert.ok(exported.ok, exported.text)
  await holds(t, path, rsa)
})
