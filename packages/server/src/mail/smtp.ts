/** Handing mail to an SMTP server. RFC 5321. */
import { isIP } from 'node:net'
import { createTransport } from 'nodemailer'
import type { DeliverMail } from '../domain/deliver-mail.ts'
import { type MailSender, messageOf } from './message.ts'

export type SmtpOptions = MailSender & {
  /** `smtp://user:password@host:port`, `smtps://…` for TLS from the first byte. */
  readonly url: string
  /** PEM of authorities for TLS, instead of those that Node knows. */
  readonly tlsAuthorities?: readonly string[]
}

const CONNECT_MS = 15_000
const SILENT_MS = 30_000
/** Less than what a mail that is being sent is kept from other nodes for. */
const LONGEST_MS = 120_000

/**
 * Delivers by SMTP. What a server offers by STARTTLS is taken, and its certificate always judged; a password goes out
 * under TLS alone, and in the clear to this very machine at most.
 */
export function smtpDelivery({ url, tlsAuthorities, ...sender }: SmtpOptions): DeliverMail {
  const { protocol, hostname, port, username, password } = new URL(url)
  const isImplicitTls = protocol === 'smtps:'
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const auth = username === '' ? undefined : { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
  return async (mail) => {
    const transport = createTransport({
      host,
      port: port === '' ? (isImplicitTls ? 465 : 587) : Number(port),
      secure: isImplicitTls,
      requireTLS: !isImplicitTls && auth !== undefined && !isLoopback(host),
      connectionTimeout: CONNECT_MS,
      greetingTimeout: SILENT_MS,
      socketTimeout: SILENT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(auth && { auth }),
      tls: { minVersion: 'TLSv1.2', ...(tlsAuthorities && { ca: [...tlsAuthorities] }) },
    })
    let timer: NodeJS.Timeout | undefined
    const tooLong = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('the mail server took too long')), LONGEST_MS)
    })
    try {
      await Promise.race([transport.sendMail(messageOf(mail, sender)), tooLong])
    } finally {
      clearTimeout(timer)
      transport.close()
    }
  }
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '::1' || (isIP(host) === 4 && /^127\./.test(host))
  )
}
