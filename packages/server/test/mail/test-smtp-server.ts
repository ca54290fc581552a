import type { TestContext } from 'node:test'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** One mail as the server took it. */
export type TakenMail = {
  readonly from: string
  readonly to: readonly string[]
  readonly text: string
  readonly secure: boolean
  readonly user: string | undefined
}

/** A real SMTP server on a free port of this machine, and the mail that it took. */
export async function startSmtpServer(
  t: TestContext,
  options: SMTPServerOptions = {},
): Promise<{ readonly port: number; readonly taken: readonly TakenMail[] }> {
  const taken: TakenMail[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onAuth({ username, password }, _session, callback) {
      callback(password === 'pa@ss' ? null : new Error('535 no'), { user: username })
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        taken.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString(),
          secure: session.secure === true,
          user: session.user as string | undefined,
        })
        callback()
      })
    },
    ...options,
  })
  // A client that turns away is no fault of the server's.
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const { port } = server.server.address() as { port: number }
  return { port, taken }
}
