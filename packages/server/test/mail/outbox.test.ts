import { randomBytes, randomUUID } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { invitationMail } from '../../src/domain/password-mail.ts'
import { outboxDelivery } from '../../src/mail/outbox.ts'
import { temporaryFolder } from '../test-world.ts'

test('without a server a mail is one file, for its owner only, however often it is delivered', async (t: TestContext) => {
  const folder = join(temporaryFolder(t), 'outbox')
  const deliver = outboxDelivery({ folder, from: 'countersign@trust.example.com', domain: 'trust.example.com' })
  const mail = { id: randomUUID(), to: 'desk@example.com', subject: 'Hello', text: 'Text\n', createdAt: new Date() }
  await deliver(mail)
  await deliver(mail)
  t.assert.deepEqual(await readdir(folder), [`${mail.id}.eml`])
  const file = join(folder, `${mail.id}.eml`)
  t.assert.equal((await stat(file)).mode & 0o777, 0o600)
  t.assert.equal((await stat(folder)).mode & 0o777, 0o700)
  const text = await readFile(file, 'utf8')
  t.assert.match(text, /^From: Countersign <countersign@trust\.example\.com>\r$/m)
  t.assert.match(text, /^To: desk@example\.com\r$/m)
  t.assert.match(text, /\r\n\r\nText\r\n$/)
})

test('what is to be copied from a mail stands in one piece, whatever the account is called', async (t: TestContext) => {
  const folder = temporaryFolder(t)
  const deliver = outboxDelivery({ folder, from: 'countersign@trust.example.com', domain: 'trust.example.com' })
  const token = randomBytes(32).toString('hex')
  const publicUrl = 'https://countersign.localhost:8443'
  for (const name of ['Countersign Quickstart', 'Zürcher Bilderdienst', 'A name as long as names may be '.repeat(4)]) {
    const mail = { account: { name }, user: { email: 'ann@example.com' }, text: token, endsAt: new Date(), publicUrl }
    const id = randomUUID()
    await deliver({ id, createdAt: new Date(), ...invitationMail(mail) })
    const lines = (await readFile(join(folder, `${id}.eml`), 'utf8')).split('\r\n')
    t.assert.ok(lines.includes(token))
    t.assert.ok(lines.includes(`POST ${publicUrl}/account/api/v1/password`))
    t.assert.ok(lines.some((line) => line.includes(`"${token}"`)))
  }
})
