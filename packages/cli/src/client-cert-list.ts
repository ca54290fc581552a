/** `countersign client-cert list`, `disable`, `enable` and `delete`. */
import type { ClientAuthCertificate } from '@countersign/sdk'
import { serialOf } from './client-cert-identity.ts'
import { listRecords, type Platform } from './client-cert-platform.ts'
import { certificateLines, print, printJson } from './client-cert-view.ts'
import { InputError } from './failure.ts'
import { paint } from './paint.ts'
import { plain } from './plain-text.ts'

/** What ends sooner stands out in the list. */
const SOON_DAYS = 30

/** Prints the certificates of who asks, or of another user. */
export async function listCertificates(
  platform: Platform,
  { user, json }: { readonly user?: string | undefined; readonly json?: true | undefined },
): Promise<void> {
  const records = await listRecords(platform, user)
  if (json) return printJson(records)
  if (records.length === 0) return print(['No client authentication certificates.'])
  const serial = platform.identity && serialOf(platform.identity.certificate)
  const lines = records.map(({ id, name, enabled, end_date, serial_number }) => ({
    id,
    name,
    enabled,
    notAfter: new Date(end_date),
    isInUse: serial_number === serial,
  }))
  print(certificateLines(lines, new Date(), SOON_DAYS))
}

/** What may be done to one. */
export type CertificateChange = 'enable' | 'disable' | 'delete'

/** Changes a certificate that is named by its id or its name. */
export async function changeCertificate(
  platform: Platform,
  change: CertificateChange,
  named: string,
  { user, json, force }: { readonly user?: string; readonly json?: true; readonly force?: true },
): Promise<void> {
  const record = await findNamed(platform, named, user)
  const isOwn = platform.identity && serialOf(platform.identity.certificate) === record.serial_number
  if (isOwn && change !== 'enable' && !force)
    throw new InputError(
      `${plain(record.name)} is the certificate that you are using: after it you would be locked out. --force does it all the same.`,
    )
  const changed = await platform.ask(async ({ clientAuthCertificates }) => {
    if (change !== 'delete') return clientAuthCertificates[change](record.id)
    await clientAuthCertificates.delete(record.id)
    return { ...record, enabled: false }
  })
  if (json) return printJson(changed)
  const { green, dim } = paint(process.stdout)
  const told = { enable: 'counts again', disable: 'counts no longer', delete: 'is revoked and gone' }[change]
  print([`${green('✓')} ${plain(record.name)} ${told}  ${dim(record.id)}`])
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

async function findNamed(platform: Platform, named: string, user?: string): Promise<ClientAuthCertificate> {
  if (ID.test(named)) {
    const {
      x509_cert: _,
      ca_cert: __,
      ...record
    } = await platform.ask(({ clientAuthCertificates }) => clientAuthCertificates.get(named))
    return record
  }
  const found = (await listRecords(platform, user)).find(({ name }) => name === named)
  if (found) return found
  throw new InputError(`No certificate is called "${plain(named)}": countersign client-cert list has names and ids.`)
}
