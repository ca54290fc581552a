/** The PIN of a credential on its way: through a mail server that is down first, over a restart, and once. */
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Principal } from '../../src/domain/authenticate.ts'
import { authorizeKey } from '../../src/domain/authorize-key.ts'
import { deliverDueMails } from '../../src/domain/deliver-mail.ts'
import { issueCredential } from '../../src/domain/issue-credential.ts'
import { smtpDelivery } from '../../src/mail/smtp.ts'
import { openStore } from '../../src/store/open-store.ts'
import { startedWorld } from '../test-world.ts'
import { startSmtpServer } from './test-smtp-server.ts'

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('the mail with the PIN waits for the server, stands wrapped until then, and comes once', async (t: TestContext) => {
  const world = await startedWorld(t)
  const { account_id, admin_email, service_user_id } = world.quickstart.facts
  const account = (await world.store.accounts.find(account_id))!
  const administrator: Principal = { account, user: (await world.store.users.findByEmail(admin_email))! }
  const user = (await world.store.users.find(service_user_id))!
  const credential = await issueCredential(world, administrator, {
    userId: user.id,
    nickname: 'picture-desk',
    keyType: 'p256',
    commonName: 'Picture Desk',
  })
  const from = 'countersign@example.com'
  const deliveryTo = (port: number) =>
    smtpDelivery({ url: `smtp://127.0.0.1:${port}`, from, domain: 'countersign.localhost' })

  const down = await deliverDueMails(world, deliveryTo(await closedPort()), () => {})
  t.assert.deepEqual(down, { delivered: 0, failed: 1 })
  const restarted = { ...world, store: await openStore({ file: join(world.folder, 'countersign.db') }) }
  t.after(() => restarted.store.close())
  const [waiting] = await restarted.store.mails.listDue(new Date(8e15), 9)
  const wrapped = Buffer.from(waiting!.wrapped)

  const { port, taken } = await startSmtpServer(t)
  world.wait(1)
  await Promise.all([1, 2, 3].map(() => deliverDueMails(restarted, deliveryTo(port), () => {})))
  t.assert.equal(taken.length, 1)
  const [mail] = taken
  t.assert.deepEqual(mail!.to, [user.email])
  t.assert.match(mail!.text, /^Subject: Sign with your digital ID\r$/m)
  t.assert.match(mail!.text, /^Credential ID: picture-desk\r$/m)
  const pin = /^PIN: +(\S+)\r$/m.exec(mail!.text)![1]!
  t.assert.equal(wrapped.includes(pin), false)
  t.assert.deepEqual(await restarted.store.mails.listDue(new Date(8e15), 9), [])

  const key = (await world.store.privateKeys.find(credential.keyId))!
  t.assert.ok(await authorizeKey(world, { account, user }, { credential, key }, pin))
})
