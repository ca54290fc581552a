/** `countersign credential`: the certificates that sign content, and their PINs. */
import { writeFile } from 'node:fs/promises'
import type { Credential } from '@countersign/sdk'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Platform } from './client-cert-platform.ts'
import { print, printJson } from './client-cert-view.ts'
import { credentialDetails, credentialLines, signatureLines } from './credential-view.ts'
import { InputError } from './failure.ts'
import { paint } from './paint.ts'
import { plain } from './plain-text.ts'
import { asking, examples, lineOf, withProfile } from './platform-command.ts'
import { askHidden, canAsk } from './prompt.ts'

const JSON_FLAG = 'print JSON, for programs'
const ID = '<id or nickname>'
const KEY_TYPES: readonly Credential['key_type'][] = [
  'p_256',
  'p_384',
  'p_521',
  'rsa_2048',
  'rsa_3072',
  'rsa_4096',
  'ed_25519',
]
const STATUSES: readonly Credential['status'][] = ['requested', 'enabled', 'suspended', 'revoked', 'expired']
const REASONS = [
  'unspecified',
  'key_compromise',
  'affiliation_changed',
  'superseded',
  'cessation_of_operation',
  'privilege_withdrawn',
] as const

/** Adds the commands. */
export function addCredential(program: Command): void {
  const group = program.command('credential').description('the credentials that sign content, and their PINs')
  const add = (name: string, description: string, argument?: string): Command => {
    const command = group.command(name).description(description)
    if (argument !== undefined) command.argument(argument)
    return withProfile(command)
  }

  add('list', 'list your credentials, and those of the account')
    .addOption(new Option('--status <status>', 'those of one status').choices(STATUSES))
    .option('--nickname <text>', 'those whose nickname has it in it')
    .option('--json', JSON_FLAG)
    .addHelpText(
      'after',
      examples('countersign credential list', 'countersign credential list --status enabled --json'),
    )
    .action((flags: ListFlags, command: Command) => asking(command, (platform) => list(platform, flags)))

  add('show', 'tell all about a credential', ID)
    .option('--json', JSON_FLAG)
    .addHelpText('after', examples('countersign credential show quickstart'))
    .action((id: string, flags: JsonFlag, command: Command) =>
      asking(command, async (platform) => show(await platform.ask(({ credentials }) => credentials.get(id)), flags)),
    )

  add('issue', "issue a credential: the account's own, or a user's, who gets its PIN by mail")
    .requiredOption('--nickname <name>', 'what it is called by who signs with it')
    .requiredOption('--common-name <name>', 'who signs, as readers see it')
    .option('--organization <name>', "of what organisation (default: the account's name)")
    .option('--country <code>', 'two letters, ISO 3166-1')
    .option('--user <id>', 'whose it is to be')
    .addOption(new Option('--key-type <type>', 'the kind of the key').choices(KEY_TYPES).default('p_256'))
    .addOption(new Option('--days <number>', 'how long its certificate lasts (default: 365)').argParser(numberOf))
    .option('--json', JSON_FLAG)
    .addHelpText(
      'after',
      `\nIt takes the permission to manage credentials, as an administrator's API key has it.\n${examples(
        'countersign credential issue --nickname newsroom --common-name "Example News" --api-key-file admin.key',
      )}`,
    )
    .action((flags: IssueFlags, command: Command) => asking(command, (platform) => issue(platform, flags)))

  add('chain', 'print its certificate chain: the certificate, what stands between, and the root', ID)
    .option('--out <file>', 'write it there')
    .addHelpText('after', examples('countersign credential chain quickstart --out chain.pem'))
    .action((id: string, { out }: { out?: string }, command: Command) =>
      asking(command, async (platform) => {
        const chain = await platform.ask(({ credentials }) => credentials.chain(id))
        if (out === undefined) process.stdout.write(chain)
        else await written(out, chain)
      }),
    )

  add('change-pin', 'change the PIN of your own credential', ID)
    .option('--credential-pin-file <file>', 'a file that holds the PIN as it is (default: asked for, on a terminal)')
    .option('--new-pin-file <file>', 'a file that holds the new one (default: asked for, on a terminal)')
    .addHelpText('after', examples('countersign credential change-pin newsroom'))
    .action((id: string, flags: PinFlags, command: Command) =>
      asking(command, (platform) => changePin(platform, id, flags)),
    )

  for (const [change, { description, told }] of Object.entries(CHANGES)) {
    add(change, description, ID)
      .option('--json', JSON_FLAG)
      .action((id: string, flags: JsonFlag, command: Command) =>
        asking(command, async (platform) => {
          const changed = await platform.ask(({ credentials }) => credentials[change as Change](id))
          done(changed, told, flags)
        }),
      )
  }

  add('revoke', 'revoke a credential for good', ID)
    .addOption(new Option('--reason <reason>', 'why').choices(REASONS).default('unspecified'))
    .option('--json', JSON_FLAG)
    .addHelpText(
      'after',
      examples('countersign credential revoke newsroom --reason key_compromise --api-key-file admin.key'),
    )
    .action((id: string, flags: JsonFlag & { reason: string }, command: Command) =>
      asking(command, async (platform) => {
        const revoked = await platform.ask(({ credentials }) => credentials.revoke(id, { reason: flags.reason }))
        done(revoked, 'is revoked, for good', flags)
      }),
    )

  add('signatures', 'list what it signed: when, who, from where, and what', ID)
    .option('--from <day>', 'from that day on, UTC, as 2026-11-01')
    .option('--to <day>', 'up to that day')
    .option('--hash <hex>', 'those of a file, or of what was signed')
    .option('--manifest-label <label>', 'that of a manifest')
    .addOption(new Option('--limit <number>', 'how many at most').argParser(numberOf).default(100))
    .option('--csv', 'print all of them as CSV')
    .option('--json', JSON_FLAG)
    .addHelpText('after', examples('countersign credential signatures quickstart --from 2026-11-01 --csv'))
    .action((id: string, flags: SignaturesFlags, command: Command) =>
      asking(command, (platform) => signatures(platform, id, flags)),
    )
}

type JsonFlag = { readonly json?: true }

const CHANGES = {
  suspend: { description: 'let it sign no more until it is resumed', told: 'signs no more until it is resumed' },
  resume: { description: 'let a suspended one sign again', told: 'signs again' },
  unlock: {
    description: 'give a credential that wrong PINs locked five attempts again',
    told: 'has five attempts again',
  },
} as const

type Change = keyof typeof CHANGES

type ListFlags = JsonFlag & { readonly status?: Credential['status']; readonly nickname?: string }

async function list(platform: Platform, { json, ...query }: ListFlags): Promise<void> {
  const all = await platform.ask(({ credentials }) => Array.fromAsync(credentials.each(query)))
  if (json) return printJson(all)
  print(all.length === 0 ? ['No credentials.'] : credentialLines(all, new Date()))
}

function show(credential: Credential, { json }: JsonFlag): void {
  if (json) printJson(credential)
  else print(credentialDetails(credential, new Date()))
}

type IssueFlags = JsonFlag & {
  readonly nickname: string
  readonly commonName: string
  readonly organization?: string
  readonly country?: string
  readonly user?: string
  readonly keyType: string
  readonly days?: number
}

async function issue(platform: Platform, flags: IssueFlags): Promise<void> {
  const { nickname, commonName, organization, country, user, keyType, days, json } = flags
  const issued = await platform.ask(({ credentials }) =>
    credentials.issue({
      nickname,
      common_name: commonName,
      key_type: keyType,
      ...(organization !== undefined && { organization }),
      ...(country !== undefined && { country }),
      ...(user !== undefined && { user_id: user }),
      ...(days !== undefined && { validity_days: days }),
    }),
  )
  show(issued, { ...(json && { json }) })
  if (!json && issued.user_id !== null) print(['', 'The PIN is on its way to the user by mail.'])
}

type PinFlags = { readonly credentialPinFile?: string; readonly newPinFile?: string }

async function changePin(platform: Platform, id: string, { credentialPinFile, newPinFile }: PinFlags): Promise<void> {
  const pin = await pinOf('PIN as it is: ', '--credential-pin-file', credentialPinFile)
  const newPin = await pinOf('New PIN: ', '--new-pin-file', newPinFile)
  if (newPinFile === undefined && (await askHidden('New PIN, again: ')) !== newPin)
    throw new InputError('The two new PINs are not the same: nothing was changed.')
  await platform.ask(({ credentials }) => credentials.changePin(id, { pin, new_pin: newPin }))
  print([`${paint(process.stdout).green('✓')} ${plain(id)} has the new PIN`])
}

async function pinOf(question: string, flag: string, file: string | undefined): Promise<string> {
  if (file !== undefined) return lineOf(file)
  if (!canAsk()) throw new InputError(`Name a file that holds the PIN by ${flag}.`)
  return askHidden(question)
}

type SignaturesFlags = JsonFlag & {
  readonly from?: string
  readonly to?: string
  readonly hash?: string
  readonly manifestLabel?: string
  readonly limit: number
  readonly csv?: true
}

async function signatures(platform: Platform, id: string, flags: SignaturesFlags): Promise<void> {
  const { from, to, hash, manifestLabel, limit, csv, json } = flags
  const query = {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(hash !== undefined && { hash }),
    ...(manifestLabel !== undefined && { manifest_label: manifestLabel }),
  }
  if (csv) {
    process.stdout.write(await platform.ask(({ credentialSignatures }) => credentialSignatures.export(id, query)))
    return
  }
  const found = await platform.ask(async ({ credentialSignatures }) => {
    const some = []
    for await (const signature of credentialSignatures.each(id, query)) if (some.push(signature) >= limit) break
    return some
  })
  if (json) return printJson(found)
  print(found.length === 0 ? ['No signatures.'] : signatureLines(found))
}

function done(credential: Credential, told: string, { json }: JsonFlag): void {
  const { green, bold, dim } = paint(process.stdout)
  if (json) printJson(credential)
  else print([`${green('✓')} ${bold(plain(credential.nickname))} ${told}  ${dim(credential.id)}`])
}

async function written(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${plain(file)} can't be written: ${error.code}`)
  })
  print([`${paint(process.stdout).green('✓')} ${plain(file)}`])
}

function numberOf(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It takes a number.')
}
