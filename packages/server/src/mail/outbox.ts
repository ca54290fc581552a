/** Mail without a server: files that people and their programs can read. */
import { mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import type { DeliverMail } from '../domain/deliver-mail.ts'
import { type MailSender, messageOf } from './message.ts'

export type OutboxOptions = MailSender & { readonly folder: string }

/** Writes each mail as `<id>.eml` into the folder, whole or not at all, for its owner only. Twice the same mail is one file. */
export function outboxDelivery({ folder, ...sender }: OutboxOptions): DeliverMail {
  const transport = createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return async (mail) => {
    const { message } = await transport.sendMail(messageOf(mail, sender))
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const file = join(folder, `${mail.id}.eml`)
    const draft = `${file}.${process.pid}.new`
    const handle = await open(draft, 'w', 0o600)
    try {
      await handle.chmod(0o600)
      await handle.writeFile(message as Buffer)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
  }
}
