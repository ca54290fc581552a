import { type TestContext, test } from 'node:test'
import { checkNewPassword } from '../../src/domain/password.ts'

const check = (password: string) => () => checkNewPassword('password', password, 'Jane.Doe@nordwind.example')

test('long passwords of any kind are taken', (t: TestContext) => {
  for (const password of [
    'vier Kraniche ziehen nordwärts',
    'tqbf jotl dgnw',
    'zzzyyyxxxwwwvvvuuu',
    '#$%^&*()_+-=',
    'пять озёр и лес',
    '月が綺麗ですね今夜もずっと',
    '4711 0815 2342 9906',
    'aaaaa🦔🌲🛶🏔️🌊🍄🦉🐚',
    Array.from({ length: 256 }, (_, index) => String.fromCodePoint(0x61 + ((index * 7) % 26))).join(''),
  ])
    t.assert.doesNotThrow(check(password), password)
})

test('short ones, too long ones, and those that others try first are not', (t: TestContext) => {
  for (const password of [
    '',
    'short',
    'elevenchars',
    'x1'.repeat(129),
    'password1234',
    'Password123!',
    'P@ssw0rd1234',
    'passwordpassword',
    'Passw0rd!!!!',
    '123456789012',
    '098765432109',
    '111111111111',
    'abababababab',
    'abcdefghijkl',
    'qwertyuiopas',
    'poiuytrewqmn',
    'qwertzuiopas',
    'iloveyou1234',
    'administrator',
    'admin2026admin',
    'countersign1',
    'Countersign2026!',
    'correct horse battery staple',
    'jane.doe@nordwind.example',
    'janedoe12345',
    'Jane.Doe.2026',
    'letmeinletmein',
    'welcome12345',
  ])
    t.assert.throws(check(password), { reason: 'invalid', code: 'invalid_password' }, password)
})

test('the sentence names the field and never the password', (t: TestContext) => {
  t.assert.throws(
    check('Password123!'),
    (error: Error) => /^password: /.test(error.message) && !/123/.test(error.message),
  )
})
