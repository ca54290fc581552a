/** The commands of `countersign`. What one needs is loaded when it runs: most of them should not wait for a platform to load. */
import { TRUST_PURPOSES, type TrustPurpose } from '@countersign/server/settings'
import { Command, Option } from 'commander'
import { explain } from './failure.ts'
import { PUBLISHED_LISTS } from './published-list.ts'
import { FLAGS, flagsOf, VERSION } from './settings.ts'
import type { VerifyFlags } from './verify.ts'

const DATA_FLAGS = ['--data', '--database-url-file']

function withFlags(command: Command, names?: readonly string[]): Command {
  for (const { flag, placeholder, description } of FLAGS)
    if (!names || names.includes(flag)) command.addOption(new Option(`${flag} ${placeholder}`, description))
  return command
}

function addServe(program: Command): void {
  withFlags(
    program
      .command('serve')
      .description('start the platform; the first start makes everything it needs')
      .addHelpText(
        'after',
        '\nEach flag is also a variable: --pki-port is COUNTERSIGN_PKI_PORT, and so on. Flags win.',
      ),
  ).action(async (_options, command: Command) => (await import('./serve.ts')).serve(flagsOf(command.opts())))
}

function addQuickstart(program: Command): void {
  withFlags(
    program
      .command('quickstart')
      .description('the folder of the first start, with the secrets it handed over')
      .command('remove')
      .description('delete the quickstart folder for good'),
    ['--data'],
  ).action(async (_options, command: Command) =>
    (await import('./quickstart.ts')).removeQuickstartFolder(flagsOf(command.opts())),
  )
}

function addAudit(program: Command): void {
  withFlags(
    program
      .command('audit')
      .description('the audit events of a platform on this machine')
      .command('verify')
      .description('check the hash chain from its first event to its last'),
    DATA_FLAGS,
  ).action(async (_options, command: Command) => (await import('./audit.ts')).verifyAudit(flagsOf(command.opts())))
}

function addTrust(program: Command): void {
  const trust = program.command('trust').description("whom a platform's verifier believes beside its own roots")
  const PURPOSE = 'what they are believed about: who signed, or when'
  const purposeOption = (): Option => new Option('--for <purpose>', PURPOSE).choices(TRUST_PURPOSES)

  withFlags(trust.command('list').description('list the trust anchors'), DATA_FLAGS).action(
    async (_options, command: Command) => (await import('./trust.ts')).listTrust(flagsOf(command.opts())),
  )

  withFlags(
    trust
      .command('add')
      .description('add the certificates of a PEM file: all of them or, when one is at fault, none')
      .argument('<file>')
      .addOption(purposeOption().makeOptionMandatory()),
    DATA_FLAGS,
  ).action(async (file: string, { for: purpose }: { for: TrustPurpose }, command: Command) =>
    (await import('./trust.ts')).addTrust(file, purpose, flagsOf(command.opts())),
  )

  withFlags(trust.command('remove').description('remove trust anchors').argument('<id...>'), DATA_FLAGS).action(
    async (ids: string[], _options, command: Command) =>
      (await import('./trust.ts')).removeTrust(ids, flagsOf(command.opts())),
  )

  withFlags(
    trust
      .command('update')
      .description('fetch the lists that C2PA publishes, and add and remove what they have new and no longer')
      .option('--from <place>', `a URL or folder of the lists, or one list (default: ${PUBLISHED_LISTS})`)
      .addOption(purposeOption()),
    DATA_FLAGS,
  ).action(async ({ from, for: purpose }: { from?: string; for?: TrustPurpose }, command: Command) =>
    (await import('./trust.ts')).updateTrust(from, purpose, flagsOf(command.opts())),
  )
}

function addVerify(program: Command): void {
  program
    .command('verify')
    .description('say who signed a file, when and from what, and what is wrong with it')
    .argument('<file...>')
    .option('--trust <file>', 'PEM of the authorities that vouch for signers')
    .option('--tsa-trust <file>', 'PEM of the authorities that vouch for time stamps (default: those of --trust)')
    .option('--online', 'fetch remote manifests, OCSP answers and cloud data that the file names')
    .option('--at <time>', 'judge as of another time than now, such as 2026-05-01T12:00:00Z')
    .option(
      '--json',
      'print the report as JSON, in the shape that c2pa-rs gives; of several files, a list of file and report',
    )
    .option(
      '--crjson',
      "print the report as crJSON, as C2PA's conformance program asks for it; of several files, a list too",
    )
    // Commander's own status for what it can't read would say: valid.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 4))
    .addHelpText(
      'after',
      `\nExit status: 0 trusted, 1 valid but not trusted, 2 invalid, 3 nothing there, 4 not readable, or the command makes no sense. Of several files the worst counts.

Examples:
  countersign verify picture.jpg --trust ca.pem
  countersign verify photos/*.jpg --trust ca.pem
  countersign verify picture.jpg --trust ca.pem --json | jq .validation_state`,
    )
    .action(async (files: string[], flags: VerifyFlags) => (await import('./verify.ts')).verifyFiles(files, flags))
}

/** In the order of the help text. */
const COMMANDS: ReadonlyMap<string, (program: Command) => void | Promise<void>> = new Map([
  ['serve', addServe],
  ['quickstart', addQuickstart],
  ['audit', addAudit],
  ['trust', addTrust],
  ['sign', async (program) => (await import('./sign.ts')).addSign(program)],
  ['credential', async (program) => (await import('./credential.ts')).addCredential(program)],
  ['tsa', async (program) => (await import('./tsa.ts')).addTsa(program)],
  ['c2patool-signer', async (program) => (await import('./c2patool-signer.ts')).addC2patoolSigner(program)],
  ['client-cert', async (program) => (await import('./client-cert.ts')).addClientCert(program)],
  ['verify', addVerify],
  ['login', async (program) => (await import('./login.ts')).addLogin(program)],
  [
    'completion',
    async (program) => (await import('./completion.ts')).addCompletion(program, () => programFor(undefined)),
  ],
])

/** With the command that is named or, where none of them is, with all. */
async function programFor(name: string | undefined): Promise<Command> {
  const program = new Command('countersign')
    .description('Countersign: an open, self-hosted trust platform')
    .version(VERSION)
    // Descriptions beside long commands are narrow, and still narrower than a terminal that breaks words.
    .configureHelp({ minWidthToWrap: 20 })
  const named = COMMANDS.get(name ?? '')
  for (const add of named ? [named] : COMMANDS.values()) await add(program)
  pointToHelp(program, program.name())
  return program
}

/** Whoever mistypes a command is sent to its own help, not to that of all. */
function pointToHelp(command: Command, words: string): void {
  command.showHelpAfterError(`(${words} --help says what there is)`)
  for (const below of command.commands) pointToHelp(below, `${words} ${below.name()}`)
}

/** The exit status of commands in which 1 says something else. */
const STATUS_OF_FAILURE: { readonly [command in string]?: number } = { verify: 4, sign: 2 }

/** Runs the command that `process.argv` names. */
export async function run(argv: readonly string[]): Promise<void> {
  // Who reads may leave when it has seen enough, as `head` does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  try {
    await (await programFor(argv[2])).parseAsync(argv)
  } catch (error) {
    explain(error)
    process.exitCode = STATUS_OF_FAILURE[argv[2] ?? ''] ?? 1
  }
}
