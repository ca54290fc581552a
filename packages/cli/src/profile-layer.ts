/** One place that says which platform to talk to, and as whom. */

/** What a profile may say; a name with dashes as a flag, in capitals behind COUNTERSIGN_ as a variable. */
export const FIELDS = [
  'base_url',
  'clientauth_url',
  'ca',
  'cert',
  'key',
  'p12',
  'p12_password',
  'p12_password_file',
  'api_key',
  'api_key_file',
  'credential_id',
  'credential_pin',
  'credential_pin_file',
] as const

export type Field = (typeof FIELDS)[number]

/** The variable of a field. */
export function variableOf(field: Field): string {
  return `COUNTERSIGN_${field.toUpperCase()}`
}

/** An environment without what is meant for the commands that ask a platform. */
export function withoutProfile(env: ProfileSources['env']): ProfileSources['env'] {
  const ours = ['COUNTERSIGN_PROFILE', 'COUNTERSIGN_QUICKSTART', ...FIELDS.map(variableOf)]
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.includes(name)))
}

/** What one place says. */
export type Layer = {
  readonly values: { readonly [F in Field]?: string }
  /** Which folder its paths begin in. */
  readonly folder: string
  /** What a field is called there, for people. */
  nameOf(field: Field): string
  /** The quickstart's folder, for that of the quickstart. */
  readonly quickstart?: string
  /** Whether nobody named the place: it was where it usually is. */
  readonly isFound?: boolean
}

/** Where a client authentication certificate and its key are: in PEM, of one file or two, or in a PKCS#12 file. */
export type CertificateFiles =
  | { readonly kind: 'pem'; readonly cert: string; readonly key: string }
  | { readonly kind: 'pkcs12'; readonly file: string; readonly password: string }

/** What a profile is read from. Flags are keyed as `base-url`, without the dashes. */
export type ProfileSources = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly flags: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

/** What --help says of each flag; secrets have none, but those that name a file. */
export const PROFILE_FLAGS: readonly { readonly flag: string; readonly description: string }[] = [
  { flag: '--profile <file>', description: 'JSON file that has what follows, such as { "base_url": "https://…" }' },
  { flag: '--base-url <url>', description: 'the API host of the platform' },
  { flag: '--clientauth-url <url>', description: 'its mutual-TLS host (default: clientauth. before the API host)' },
  { flag: '--ca <file>', description: "PEM of the authority behind the platform's own certificate" },
  { flag: '--cert <file>', description: 'PEM of your client authentication certificate' },
  { flag: '--key <file>', description: 'PEM of its private key (default: in the file of --cert)' },
  { flag: '--p12 <file>', description: 'PKCS#12 file with both, in place of --cert and --key' },
  { flag: '--p12-password-file <file>', description: 'a file that holds its password' },
  { flag: '--api-key-file <file>', description: 'a file that holds an API key, to use in place of a certificate' },
]

/** The same, of the commands that sign. */
export const CREDENTIAL_FLAGS: typeof PROFILE_FLAGS = [
  { flag: '--credential-id <id>', description: 'the id or nickname of the credential that signs' },
  {
    flag: '--credential-pin-file <file>',
    description: 'a file that holds its PIN (default: asked for, on a terminal)',
  },
]
