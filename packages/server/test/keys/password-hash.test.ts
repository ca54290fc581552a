import { test } from 'node:test'
import { hashPassword, verifyPassword } from '../../src/keys/password-hash.ts'

test('a password is known again by its hash, and another one is not', async (t) => {
  const phc = await hashPassword('correct horse')
  t.assert.match(phc, /^\$argon2id\$v=19\$m=65536,t=3,p=4\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  t.assert.equal(await verifyPassword(phc, 'correct horse'), true)
  t.assert.equal(await verifyPassword(phc, 'correct house'), false)
  t.assert.notEqual(await hashPassword('correct horse'), phc)
})

test('what is no hash verifies nothing', async (t) => {
  for (const phc of ['', '$argon2id$', '$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAA'])
    t.assert.equal(await verifyPassword(phc, ''), false)
})

test('letters that look the same are the same, however they were composed', async (t) => {
  t.assert.equal(await verifyPassword(await hashPassword('p\u00e4ssword'), 'pa\u0308ssword'), true)
})
