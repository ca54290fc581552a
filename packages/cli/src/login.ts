/** `countersign login`: sees that the platform knows who asks, and keeps what it took for the commands that follow. */
import { mkdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { User } from '@countersign/sdk'
import type { Command } from 'commander'
import { connectBy } from './client-cert-platform.ts'
import { replaceFile } from './client-cert-versions.ts'
import { InputError } from './failure.ts'
import { paint } from './paint.ts'
import { plain } from './plain-text.ts'
import { examples, sourcesOf, withFlags, withProfile } from './platform-command.ts'
import { type Profile, type ProfileCredential, readCredential, readProfile } from './profile.ts'
import { usualPath } from './profile-file.ts'
import { CREDENTIAL_FLAGS, type ProfileSources } from './profile-layer.ts'

/** Adds the command. */
export function addLogin(program: Command): void {
  withFlags(
    withProfile(
      program
        .command('login')
        .description('see that a platform knows you, and write a profile for the commands that follow'),
    ),
    CREDENTIAL_FLAGS,
  )
    .option('--force', 'replace a profile for another platform')
    .addHelpText(
      'after',
      `
The profile goes to --profile, else to COUNTERSIGN_PROFILE, else to countersign/profile.json in the folder of
configurations. It names files; secrets that came by the environment or the quickstart get files of their own
beside it, for their owner only.
${examples(
  'countersign login --base-url https://countersign.example --p12 me.p12 --p12-password-file password.txt',
  'countersign login --base-url https://countersign.example --p12 me.p12 --credential-id newsroom --credential-pin-file pin.txt',
)}`,
    )
    .action((_options, command: Command) => login(command))
}

async function login(command: Command): Promise<void> {
  const { sources, path } = await placeOf(sourcesOf(command))
  const profile = await readProfile(sources)
  const credential = await readCredential(sources)
  await checkHost(path, profile, command.opts().force === true)
  const user = await proven(profile, credential)
  await write(path, profile, credential)
  const { green, bold, dim } = paint(process.stdout)
  const account = user.accounts.find(({ id }) => id === user.primary_account_id)?.name
  const name = user.friendly_name || user.email || user.id
  process.stdout.write(
    `${green('✓')} ${bold(plain(name))}${account ? ` of ${plain(account)}` : ''}  ${dim(profile.baseUrl)}\n  ${dim('Profile')}  ${plain(path)}\n`,
  )
}

/** Where the profile goes; it is read first if it is there. */
async function placeOf({ env, flags, cwd }: ProfileSources): Promise<{ sources: ProfileSources; path: string }> {
  const named = flags.profile ?? (env.COUNTERSIGN_PROFILE?.trim() || undefined)
  const path = named === undefined ? usualPath(env) : resolve(cwd, named)
  if (await stat(path).catch(() => undefined)) return { sources: { env, flags, cwd }, path }
  const { profile: _, ...otherFlags } = flags
  const { COUNTERSIGN_PROFILE: __, ...otherVariables } = env
  return { sources: { env: otherVariables, flags: otherFlags, cwd }, path }
}

async function checkHost(path: string, { baseUrl }: Profile, force: boolean): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined || force) return
  const { base_url: there } = JSON.parse(text)
  if (typeof there === 'string' && URL.parse(there)?.origin !== baseUrl)
    throw new InputError(`${plain(path)} is for ${plain(there)}: --force replaces it, and --profile writes another`)
}

/** Who the platform says is asking. */
async function proven(profile: Profile, credential: ProfileCredential | undefined): Promise<User> {
  const platform = await connectBy(profile)
  try {
    const user = await platform.ask(({ users }) => users.me())
    if (credential) await platform.ask(({ credentials }) => credentials.get(credential.id))
    return user
  } finally {
    platform.close()
  }
}

async function write(path: string, profile: Profile, credential: ProfileCredential | undefined): Promise<void> {
  const { baseUrl, clientauthUrl, ca, certificate, apiKey } = profile
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const secret = async (name: string, value: string): Promise<string> => {
    const file = `${basename(path, '.json')}.${name}`
    await writeOwn(join(folder, file), `${value}\n`)
    return file
  }
  const content = {
    base_url: baseUrl,
    clientauth_url: clientauthUrl,
    ...(ca !== undefined && { ca }),
    ...(certificate?.kind === 'pem' && { cert: certificate.cert, key: certificate.key }),
    ...(certificate?.kind === 'pkcs12' && {
      p12: certificate.file,
      p12_password_file: await secret('p12-password', certificate.password),
    }),
    ...(apiKey !== undefined && { api_key_file: await secret('api-key', apiKey) }),
    ...(credential && { credential_id: credential.id }),
    ...(credential?.pin !== undefined && { credential_pin_file: await secret('credential-pin', credential.pin) }),
  }
  await writeOwn(path, `${JSON.stringify(content, null, 2)}\n`)
}

/** Whole or not at all, and for its owner only from the first byte on. */
async function writeOwn(path: string, text: string): Promise<void> {
  try {
    await replaceFile(path, text)
  } catch (error) {
    throw new InputError(`${plain(path)} can't be written: ${(error as NodeJS.ErrnoException).code}`, { cause: error })
  }
}
