/** How credentials and their signatures are shown to people. */
import type { Credential, Signature } from '@countersign/sdk'
import { day, distance, minute } from './client-cert-view.ts'
import { type Paint, paint } from './paint.ts'
import { plain } from './plain-text.ts'

/** What ends sooner stands out. */
const SOON_MS = 30 * 86_400_000

const KEYS: { readonly [K in Credential['key_type']]: string } = {
  p_256: 'EC P-256',
  p_384: 'EC P-384',
  p_521: 'EC P-521',
  rsa_2048: 'RSA 2048',
  rsa_3072: 'RSA 3072',
  rsa_4096: 'RSA 4096',
  ed_25519: 'Ed25519',
}

/** One line for each, in columns. */
export function credentialLines(credentials: readonly Credential[], now: Date): readonly string[] {
  const colours = paint(process.stdout)
  const width = Math.max(0, ...credentials.map(({ nickname }) => plain(nickname).length))
  return credentials.map((credential) => {
    const { nickname, key_type, id } = credential
    const [mark, state] = standing(credential, now, colours)
    const columns = [colours.bold(plain(nickname).padEnd(width)), KEYS[key_type].padEnd(8), state, owner(credential)]
    return `${mark} ${columns.join('  ')}  ${colours.dim(id)}`
  })
}

/** All that is known of one. */
export function credentialDetails(credential: Credential, now: Date): readonly string[] {
  const colours = paint(process.stdout)
  const { nickname, id, key_type, certificate, created_at } = credential
  const [mark, state] = standing(credential, now, colours)
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Credential', id],
    ['Key', KEYS[key_type]],
    ['Whose', owner(credential)],
    ['PIN', pin(credential)],
    ['Subject', certificate?.subject],
    ['Issuer', certificate?.issuer],
    ['Serial', certificate?.serial_number],
    ['SHA-256', certificate?.fingerprint],
    [
      'Valid',
      certificate ? `${day(new Date(certificate.valid_from))} to ${day(new Date(certificate.valid_to))}` : undefined,
    ],
    ['Made', minute(new Date(created_at))],
  ]
  return [
    `${mark} ${colours.bold(plain(nickname))}  ${state}`,
    ...rows.flatMap(([name, value]) =>
      value === undefined ? [] : [`  ${colours.dim(name.padEnd(11))} ${plain(value)}`],
    ),
  ]
}

/** One line for each signature, newest first. */
export function signatureLines(signatures: readonly Signature[]): readonly string[] {
  const { dim } = paint(process.stdout)
  return signatures.map(({ created_at, user_name, address, manifest_label, output_hash, signed_hash, format }) => {
    const who = `${plain(user_name ?? 'a user who is gone')}${address === null ? '' : ` from ${plain(address)}`}`
    const what = output_hash === null ? `hash ${signed_hash}` : `${format}  ${plain(manifest_label ?? '')}`
    return `${created_at.slice(0, 19).replace('T', ' ')}  ${who}  ${dim(what)}`
  })
}

function standing(
  { status, pin_status, certificate }: Credential,
  now: Date,
  colours: Paint,
): readonly [string, string] {
  const { green, yellow, red, dim } = colours
  const end = certificate ? new Date(certificate.valid_to) : undefined
  const until = end ? `${end < now ? 'ended' : 'until'} ${day(end)}, ${distance(end, now)}` : 'no certificate yet'
  if (status === 'revoked') return [red('✗'), red('revoked')]
  if (status === 'expired') return [red('✗'), red(until)]
  if (status === 'suspended') return [yellow('○'), yellow(`suspended, ${until}`)]
  if (status === 'requested') return [dim('○'), dim('waits for a certificate of an authority elsewhere')]
  if (pin_status === 'locked') return [red('✗'), red('locked by wrong PINs')]
  const isEnding = end !== undefined && end.getTime() < now.getTime() + SOON_MS
  return isEnding ? [yellow('!'), yellow(until)] : [green('✓'), until]
}

function owner({ user_id, pin_status }: Credential): string {
  return user_id === null ? "the account's" : pin_status === 'none' ? "a user's" : "a user's, PIN"
}

function pin({ pin_status, pin_attempts_left }: Credential): string {
  if (pin_status === 'none') return 'none: whoever of the account may sign, signs with it'
  if (pin_status === 'locked') return 'locked: it was wrong five times'
  return `set${pin_attempts_left === null ? '' : `, ${pin_attempts_left} attempts left`}`
}
