import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { deliverDueMails } from '../../src/domain/deliver-mail.ts'
import { warnOfEndings } from '../../src/domain/warn-of-endings.ts'
import { smtpDelivery } from '../../src/mail/smtp.ts'
import { createTestAuthority } from '../http/test-authority.ts'
import { startedWorld } from '../test-world.ts'
import { startSmtpServer } from './test-smtp-server.ts'

const sender = { from: 'countersign@trust.example.com', domain: 'trust.example.com' }
const mail = {
  id: randomUUID(),
  to: 'desk@example.com',
  subject: 'Für “Überseering” endet etwas',
  text: '.\nA line that begins with a dot\nand ends.\n',
  createdAt: new Date('2026-03-04T05:06:07Z'),
}

async function tlsServer() {
  const authority = await createTestAuthority('Mail')
  const leaf = await authority.issue('localhost', ['localhost'])
  return { ca: authority.certificate, options: { cert: leaf.certificate, key: leaf.privateKey } }
}

test('a mail goes out as it was written, once, under an id of its own', async (t: TestContext) => {
  const { port, taken } = await startSmtpServer(t)
  await smtpDelivery({ url: `smtp://127.0.0.1:${port}`, ...sender })(mail)
  t.assert.equal(taken.length, 1)
  const [{ from, to, text } = {} as never] = taken
  t.assert.deepEqual([from, to], [sender.from, [mail.to]])
  t.assert.match(text, new RegExp(`^Message-ID: <${mail.id}@trust\\.example\\.com>\\r$`, 'm'))
  t.assert.match(text, /^Date: Wed, 04 Mar 2026 05:06:07 \+0000\r$/m)
  t.assert.match(text, /^Subject: =\?UTF-8\?/m)
  t.assert.match(text, /\r\n\.\r\nA line that begins with a dot\r\nand ends\.\r\n$/)
})

test('an address or a subject with line breaks makes no headers and no recipients', async (t: TestContext) => {
  const { port, taken } = await startSmtpServer(t)
  const deliver = smtpDelivery({ url: `smtp://127.0.0.1:${port}`, ...sender })
  await deliver({ ...mail, subject: 'x\r\nBcc: other@example.com\r\n\r\nbody' })
  await deliver({ ...mail, to: 'a@example.com,b@example.com\r\nRCPT TO:<c@example.com>' }).catch(() => undefined)
  t.assert.ok(taken.every(({ to }) => to.length === 1))
  t.assert.ok(taken.every(({ text }) => !/^Bcc/m.test(text)))
})

test('STARTTLS is taken where it is offered, and TLS from the first byte by smtps', async (t: TestContext) => {
  const { ca, options } = await tlsServer()
  const startTls = await startSmtpServer(t, { ...options, disabledCommands: [], authOptional: false })
  const implicit = await startSmtpServer(t, { ...options, secure: true, authOptional: false })
  for (const [protocol, { port, taken }] of [
    ['smtp', startTls],
    ['smtps', implicit],
  ] as const) {
    await smtpDelivery({ url: `${protocol}://jane:pa%40ss@localhost:${port}`, ...sender, tlsAuthorities: [ca] })(mail)
    t.assert.deepEqual(
      taken.map(({ secure, user }) => [secure, user]),
      [[true, 'jane']],
      protocol,
    )
  }
})

test('a server whose certificate is not of a known authority gets nothing', async (t: TestContext) => {
  const { options } = await tlsServer()
  for (const [protocol, secure] of [
    ['smtp', false],
    ['smtps', true],
  ] as const) {
    const { port, taken } = await startSmtpServer(t, { ...options, disabledCommands: [], secure })
    await t.assert.rejects(smtpDelivery({ url: `${protocol}://localhost:${port}`, ...sender })(mail), /certificate/)
    t.assert.equal(taken.length, 0)
  }
})

test("the quickstart's administrator is told by mail of the end of its client certificate", async (t: TestContext) => {
  const { port, taken } = await startSmtpServer(t)
  const world = await startedWorld(t)
  const deliver = smtpDelivery({ url: `smtp://127.0.0.1:${port}`, ...sender })
  const onFailure = (_mail: unknown, error: unknown): void => t.assert.fail(String(error))
  t.assert.equal(await warnOfEndings(world), 0)
  world.wait(397 - 89)
  t.assert.ok((await warnOfEndings(world)) > 0)
  await deliverDueMails(world, deliver, onFailure)
  const { admin_email: administrator } = world.quickstart.facts
  t.assert.ok(taken.length === 1 && taken[0]?.to[0] === administrator, JSON.stringify(taken))
  const text = taken[0]!.text.replaceAll('=\r\n', '')
  t.assert.match(
    text,
    /The client authentication certificate "[^"]+" of "[^"]+"\r\nends on \d{4}-\d\d-\d\d \d\d:\d\d UTC, in 89 days\./,
  )
  t.assert.equal(await warnOfEndings(world), 0)
})

test('a wrong password and a recipient that is refused are failures', async (t: TestContext) => {
  const { port } = await startSmtpServer(t, {
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    allowInsecureAuth: true,
    onRcptTo: (_address, _session, callback) => callback(new Error('no such user')),
  })
  await t.assert.rejects(smtpDelivery({ url: `smtp://jane:wr0ng@127.0.0.1:${port}`, ...sender })(mail), (error) => {
    // What is logged of it.
    const told = `${error} ${JSON.stringify(error)} ${(error as Error).stack}`
    return told.includes('535') && !told.includes('wr0ng') && !told.includes(btoa('\0jane\0wr0ng'))
  })
  await t.assert.rejects(smtpDelivery({ url: `smtp://127.0.0.1:${port}`, ...sender })(mail), /no such user/)
})
