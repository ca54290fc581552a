/** `countersign client-cert`: client authentication certificates, from the first to the last. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { CHECK_STATUS, certificatesIn, certificatesOf, reportEnds } from './client-cert-check.ts'
import { createCertificate } from './client-cert-create.ts'
import { type ClientKeyType, KEY_TYPES } from './client-cert-key.ts'
import { type CertificateChange, changeCertificate, listCertificates } from './client-cert-list.ts'
import type { Platform } from './client-cert-platform.ts'
import { rotateCertificate } from './client-cert-rotate.ts'
import { day, distance, print, printJson } from './client-cert-view.ts'
import { explain } from './failure.ts'
import { paint } from './paint.ts'
import { plain } from './plain-text.ts'
import { answerOf, asking, examples, lineOf, profileOf, withProfile } from './platform-command.ts'

const JSON_FLAG = 'print JSON, for programs'
const USER_FLAG = "those of another user, by its id: takes an administrator's API key"
const UNTIL_FLAG = 'when it ends, as 2027-06-30 (default: 365 days from now)'

/** Adds the commands. */
export function addClientCert(program: Command): void {
  const group = program
    .command('client-cert')
    .description('client authentication certificates: make, rotate and watch over them')

  withProfile(group.command('list').description('list your certificates'))
    .option('--user <id>', USER_FLAG)
    .option('--json', JSON_FLAG)
    .addHelpText('after', examples('countersign client-cert list', 'countersign client-cert list --json | jq .'))
    .action((_options, command: Command) => asking(command, (platform) => listCertificates(platform, command.opts())))

  withProfile(group.command('create').description('make a key here, and have the platform certify it'))
    .requiredOption('--name <name>', 'what it is called: letters, digits, spaces, dashes and underscores')
    .requiredOption('--out <path>', 'a folder for cert.pem, key.pem and chain.pem; or one file, .pem or .p12')
    .addOption(keyTypeOption().default(KEY_TYPES[0]))
    .option('--until <date>', UNTIL_FLAG)
    .option('--password-file <file>', 'a file that holds the password of the .p12 file to make')
    .option('--force', 'replace files that are there')
    .option('--json', JSON_FLAG)
    .addHelpText(
      'after',
      examples(
        'countersign client-cert create --name "CI" --out ci',
        'countersign client-cert create --name "Signer" --out signer.p12 --password-file password.txt --key-type RSA-3072',
      ),
    )
    .action((_options, command: Command) => asking(command, (platform) => create(platform, command.opts())))

  withProfile(group.command('rotate').description('replace a certificate and its key by new ones, without a gap'))
    .addOption(daysOption('rotate only what ends within so many days'))
    .addOption(
      new Option('--grace <duration>', 'for how long the old one counts beside the new one, such as 30m, 1h, 2d or 0')
        .default(3_600_000, '1h')
        .argParser(durationOf),
    )
    .option('--after <command>', 'what has your service read the files again; the grace begins when it has succeeded')
    .addOption(keyTypeOption())
    .option('--until <date>', UNTIL_FLAG)
    .option('--json', JSON_FLAG)
    .addHelpText(
      'after',
      `\nWhat an earlier run could not finish, is finished; and what has had its grace, is disabled.\n${examples(
        'countersign client-cert rotate',
        "countersign client-cert rotate --cert ci/cert.pem --key ci/key.pem --days 30 --grace 2d --after 'systemctl reload ci'",
      )}`,
    )
    .action(async (_options, command: Command) => {
      const { grace, ...flags } = command.opts()
      await rotateCertificate(await profileOf(command), { ...flags, graceMs: grace })
    })

  withProfile(
    group
      .command('check')
      .description('say which certificates end soon: those in files, or your enabled ones at the platform')
      .argument('[file...]'),
  )
    .addOption(daysOption('how soon is too soon').default(90))
    .option('--user <id>', USER_FLAG)
    .option('--json', JSON_FLAG)
    // Commander's own status for what it can't read would say: ends soon.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : CHECK_STATUS.unknown))
    .addHelpText(
      'after',
      `\nExit status: 0 nothing ends, 1 something ends within the days, 2 something has ended, 3 it can't be told.\n${examples(
        'countersign client-cert check --days 90',
        'countersign client-cert check --days 30 /etc/ci/cert.pem',
      )}`,
    )
    .action((files: string[], _options, command: Command) => check(files, command))

  for (const [change, description] of Object.entries(CHANGES)) {
    withProfile(group.command(change).description(description).argument('<id or name>'))
      .option('--user <id>', USER_FLAG)
      .option('--json', JSON_FLAG)
      .option('--force', 'even the one that you are using')
      .action((named: string, _options, command: Command) =>
        asking(command, (platform) => changeCertificate(platform, change as CertificateChange, named, command.opts())),
      )
  }
}

const CHANGES: { readonly [C in CertificateChange]: string } = {
  disable: 'let a certificate count no longer, from the next request on',
  enable: 'let it count again',
  delete: 'revoke a certificate for good',
}

type CreateFlags = {
  readonly name: string
  readonly out: string
  readonly keyType: ClientKeyType
  readonly until?: string
  readonly passwordFile?: string
  readonly force?: true
  readonly json?: true
}

async function create(platform: Platform, flags: CreateFlags): Promise<void> {
  const password = flags.passwordFile === undefined ? undefined : await lineOf(flags.passwordFile)
  const { record, files } = await createCertificate(platform, {
    ...flags,
    exp: flags.until,
    password,
    force: flags.force === true,
  })
  const { x509_cert: _, ca_cert: __, ...shown } = record
  if (flags.json) return printJson({ ...shown, files })
  const { green, bold, dim } = paint(process.stdout)
  const end = new Date(record.end_date)
  print([
    `${green('✓')} ${bold(plain(record.name))}  until ${day(end)}, ${distance(end, new Date())}  ${dim(record.id)}`,
    ...files.map((file) => `  ${plain(file)}`),
  ])
}

async function check(files: readonly string[], command: Command): Promise<void> {
  const { days, json, user, p12PasswordFile } = command.opts()
  try {
    const found =
      files.length > 0
        ? await certificatesIn(files, p12PasswordFile === undefined ? undefined : await lineOf(p12PasswordFile))
        : await answerOf(command, (platform) => certificatesOf(platform, user))
    process.exitCode = reportEnds(found, { days, json: json === true, now: new Date() })
  } catch (error) {
    explain(error)
    process.exitCode = CHECK_STATUS.unknown
  }
}

function keyTypeOption(): Option {
  return new Option('--key-type <type>', 'the kind of the key').choices(KEY_TYPES)
}

function daysOption(description: string): Option {
  return new Option('--days <days>', description).argParser((text) => {
    if (/^\d{1,5}$/.test(text)) return Number(text)
    throw new InvalidArgumentError('It takes a number of days.')
  })
}

const UNITS: { readonly [unit: string]: number } = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function durationOf(text: string): number {
  const [, count, unit = 's'] = /^(\d{1,6})([smhd]?)$/.exec(text) ?? []
  // A bare number could be meant in anything; nothing is nothing.
  if (count !== undefined && (/[smhd]$/.test(text) || Number(count) === 0)) return Number(count) * (UNITS[unit] ?? 0)
  throw new InvalidArgumentError('It takes a duration such as 30m, 1h, 2d or 0.')
}
