import { randomUUID } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
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
