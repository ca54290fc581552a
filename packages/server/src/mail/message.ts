import type { DeliverMail } from '../domain/deliver-mail.ts'

/** Who sends: an address, and the name of the platform's host, which makes ids of messages the platform's own. */
export type MailSender = { readonly from: string; readonly domain: string }

/** A mail as nodemailer takes it. RFC 5322; RFC 3834 §5.2 keeps automatic answers away. */
export function messageOf(
  { id, createdAt, to, subject, text }: Parameters<DeliverMail>[0],
  { from, domain }: MailSender,
): Message {
  return {
    // As objects: an address that is written as text could name several.
    from: { name: 'Countersign', address: from },
    to: { name: '', address: to },
    subject,
    // Where one line is too long, the others would be broken anywhere: nodemailer sees the ends of lines in this form alone.
    text: text.replaceAll(/\r?\n/g, '\r\n'),
    messageId: `<${id}@${domain}>`,
    date: createdAt,
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

type Message = {
  readonly from: { name: string; address: string }
  readonly to: { name: string; address: string }
  readonly subject: string
  readonly text: string
  readonly messageId: string
  readonly date: Date
  readonly headers: Record<string, string>
}
