/** `countersign sign`: signs files, and folders of them. */
import { digitalSourceType, Refusal } from '@countersign/server/settings'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { connectBy, type Platform, Refused } from './client-cert-platform.ts'
import { explain, Failure, InputError } from './failure.ts'
import { examples, profileOf, sourcesOf, withFlags, withProfile } from './platform-command.ts'
import { type ProfileCredential, readCredential } from './profile.ts'
import { CREDENTIAL_FLAGS } from './profile-layer.ts'
import { type FileSigner, signBatch } from './sign-batch.ts'
import { noCredential, openedCredential } from './sign-credential.ts'
import { planSigning, type SignPlan } from './sign-plan.ts'
import { signReport } from './sign-report.ts'
import { localSigner, type ManifestChoices, remoteSigner } from './sign-signer.ts'

/** All are signed; some could not be; nothing more could be; there was nothing to sign; somebody stopped it. */
export const SIGN_STATUS = { signed: 0, failed: 1, stopped: 2, nothing: 3, interrupted: 130 } as const

/** Files at once: twice as many as hashes go to the platform together, or as many files as keep it busy. */
const JOBS = { local: 128, remote: 4 }
const MOST_JOBS = 256

type SignFlags = {
  readonly out: string
  readonly remote?: true
  readonly title?: string
  readonly digitalSourceType?: string
  readonly thumbnail: boolean
  readonly timestamp: boolean
  readonly jobs?: number
  readonly force?: true
  readonly json?: true
}

/** Adds the command. */
export function addSign(program: Command): void {
  const command = program
    .command('sign')
    .description('sign files and folders of them where they are: hashes alone go to the platform')
    .argument('<file or folder...>')
    .requiredOption('--out <path>', 'where the signed ones go: a folder, or of one file, the name of another')
    .option('--remote', 'have the platform sign the files themselves, of up to 20 MB unless it says otherwise')
    .option('--title <title>', 'the title in the manifests (default: the name of each file)')
    .option('--digital-source-type <type>', 'what made them, such as digitalCapture or trainedAlgorithmicMedia')
    .option('--no-thumbnail', 'leave thumbnails out')
    .option('--no-timestamp', 'leave time stamps out')
    .addOption(new Option('--jobs <number>', 'files at once (default: 128, with --remote 4)').argParser(jobsOf))
    .option('--force', 'sign anew what stands in --out already')
    .option('--json', 'print a JSON object for each file, in a line of its own, and one for all of them')
    // Commander's own status for what it can't read would say: some files failed.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : SIGN_STATUS.stopped))
    .addHelpText(
      'after',
      `
A folder keeps its structure below --out; names that begin with a dot are left out. No input is ever written
over. What stands in --out already, not older than its input and with Content Credentials that hold, is not
signed again: after an interruption, the same command goes on where it stopped.

Exit status: 0 all are signed, 1 some could not be, 2 nothing more could be (the credential, the platform,
or the command is at fault), 3 there was nothing to sign, 130 interrupted.
${examples(
  'countersign sign photos --out signed',
  'countersign sign picture.jpg --out signed.jpg --digital-source-type trainedAlgorithmicMedia',
  'countersign sign photos --out signed --credential-id newsroom --credential-pin-file pin.txt --json',
)}`,
    )
    .action((inputs: string[], flags: SignFlags, command: Command) => sign(inputs, flags, command))
  withFlags(withProfile(command), CREDENTIAL_FLAGS)
}

async function sign(inputs: readonly string[], flags: SignFlags, command: Command): Promise<void> {
  const choices = choicesOf(flags)
  const plan = planSigning(inputs, flags.out)
  if (plan.files.length === 0) return nothingToSign(plan, flags)
  const credential = await readCredential(sourcesOf(command))
  const platform = await connectBy(await profileOf(command))
  try {
    await signAll(plan, flags, await signerOf(platform, credential, { flags, choices, signatures: plan.files.length }))
  } catch (error) {
    throw error instanceof Refused ? explained(error, credential) : error
  } finally {
    platform.close()
  }
}

function choicesOf({ title, digitalSourceType: named, thumbnail, timestamp }: SignFlags): ManifestChoices {
  return { title, digitalSourceType: sourceType(named), hasThumbnail: thumbnail, hasTimestamp: timestamp }
}

function sourceType(named: string | undefined): string | undefined {
  try {
    return named === undefined ? undefined : digitalSourceType(named)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new InputError(
      error.message.replace('Invalid parameter digitalSourceType. It is', '--digital-source-type takes'),
    )
  }
}

function nothingToSign(plan: SignPlan, { json }: SignFlags): void {
  const { failed } = signReport(plan, { json: json === true }).end(true)
  process.exitCode = failed > 0 ? SIGN_STATUS.failed : SIGN_STATUS.nothing
  if (!json && plan.others.length === 0) explain(new Failure('There is nothing to sign.'))
}

async function signerOf(
  platform: Platform,
  named: ProfileCredential | undefined,
  {
    flags,
    choices,
    signatures,
  }: { readonly flags: SignFlags; readonly choices: ManifestChoices; readonly signatures: number },
): Promise<FileSigner> {
  if (!platform.identity)
    throw new InputError('Signing takes a client certificate: name --cert and --key, or --p12, in place of an API key.')
  const opened = named && (await openedCredential(platform, named))
  if (flags.remote) return remoteSigner(platform, opened, choices)
  if (!opened) throw await noCredential(platform)
  return localSigner(platform, opened, choices, signatures)
}

async function signAll(plan: SignPlan, { json, force, jobs, remote }: SignFlags, sign: FileSigner): Promise<void> {
  const interruption = new AbortController()
  const interrupt = (): void => interruption.abort()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, interrupt)
  const report = signReport(plan, { json: json === true })
  try {
    await signBatch(plan.files, {
      sign,
      jobs: jobs ?? (remote ? JOBS.remote : JOBS.local),
      // Else the PIN goes with the hashes of many.
      isFirstAlone: remote === true,
      force: force === true,
      signal: interruption.signal,
      onResult: report.result,
    })
  } catch (error) {
    report.end(false)
    if (!interruption.signal.aborted) throw error
    process.exitCode = SIGN_STATUS.interrupted
    return
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, interrupt)
  }
  const { failed } = report.end(true)
  process.exitCode = failed > 0 ? SIGN_STATUS.failed : SIGN_STATUS.signed
}

/** What the platform said of the PIN says nothing of where it came from. */
function explained(error: Refused, credential: ProfileCredential | undefined): Failure {
  if (!/PIN is (?:invalid|locked)/.test(error.message)) return error
  const from = credential?.pinFrom === undefined ? 'It was typed here.' : `It is that of ${credential.pinFrom}.`
  return new Failure(`${error.message} ${from} It was tried once; five wrong ones in a row lock it.`)
}

function jobsOf(text: string): number {
  const jobs = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (jobs >= 1 && jobs <= MOST_JOBS) return jobs
  throw new InvalidArgumentError(`It takes a number from 1 to ${MOST_JOBS}.`)
}
