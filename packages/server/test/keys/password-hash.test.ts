import { type TestContext, test } from 'node:test'
import { createPasswords, hashPassword, verifyPassword } from '../../src/keys/password-hash.ts'
import { CHEAP_PASSWORDS } from '../test-world.ts'

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

test('nobody has a password, and it takes the same work to say so', async (t) => {
  const passwords = createPasswords(CHEAP_PASSWORDS)
  t.assert.equal(await passwords.verify(undefined, ''), false)
  const phc = await passwords.hash('correct horse')
  t.assert.equal(await passwords.verify(phc, 'correct horse'), true)
  t.assert.equal(await passwords.verify(phc, ''), false)
})

test('a hash of other parameters is outdated', async (t) => {
  const passwords = createPasswords(CHEAP_PASSWORDS)
  t.assert.equal(passwords.isOutdated(await passwords.hash('correct horse')), false)
  t.assert.equal(passwords.isOutdated(await hashPassword('correct horse')), true)
  t.assert.equal(passwords.isOutdated(''), true)
})

test('who tries many at once waits, and of too many some are refused', async (t: TestContext) => {
  const passwords = createPasswords(CHEAP_PASSWORDS)
  const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => passwords.hash('correct horse')))
  const refused = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[]
  t.assert.equal(refused.length, 100 - 2 - 64)
  t.assert.ok(refused.every(({ reason }) => reason.reason === 'unavailable'))
  t.assert.match(await passwords.hash('correct horse'), /^\$argon2id\$/)
})
