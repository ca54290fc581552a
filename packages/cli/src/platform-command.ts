/** What all commands share that ask a platform: the flags that say which and as whom, and what is said about it. */
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { type Command, Option } from 'commander'
import { connectBy, type Platform } from './client-cert-platform.ts'
import { unreadable } from './failure.ts'
import { paint } from './paint.ts'
import { plain } from './plain-text.ts'
import { type Profile, readProfile } from './profile.ts'
import { PROFILE_FLAGS, type ProfileSources } from './profile-layer.ts'
import { flagsOf } from './settings.ts'

/** Adds the flags. */
export function withProfile(command: Command): Command {
  return withFlags(command, PROFILE_FLAGS)
}

/** Adds flags to those of the profile. */
export function withFlags(command: Command, flags: typeof PROFILE_FLAGS): Command {
  for (const { flag, description } of flags)
    command.addOption(new Option(flag, description).helpGroup('Platform, and who asks:'))
  return command
}

/** From what the profile of a command is read. */
export function sourcesOf(command: Command): ProfileSources {
  return { env: process.env, flags: flagsOf(command.opts()), cwd: process.cwd() }
}

/** What the flags, the environment and files say; and where nobody named a platform, which one was found. */
export async function profileOf(command: Command): Promise<Profile> {
  const profile = await readProfile(sourcesOf(command))
  if (profile.quickstart !== undefined) {
    const shown = (path: string): string => plain(relative(process.cwd(), path) || '.')
    const { dim } = paint(process.stderr)
    process.stderr.write(`${dim(`Using ${shown(profile.quickstart)}, trusting ${shown(profile.ca ?? '')}`)}\n`)
  }
  return profile
}

/** Connects as the flags say, works, and ends the connections. */
export async function answerOf<Answer>(
  command: Command,
  work: (platform: Platform) => Promise<Answer>,
): Promise<Answer> {
  const platform = await connectBy(await profileOf(command))
  try {
    return await work(platform)
  } finally {
    platform.close()
  }
}

/** The same, for an action. */
export async function asking(command: Command, work: (platform: Platform) => Promise<void>): Promise<void> {
  await answerOf(command, work)
}

/** The line that a file holds, as a password is kept. */
export async function lineOf(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw unreadable(file, cause)
  })
  return text.replace(/\r?\n$/, '')
}

const EXAMPLES_END = '\n\nWhere none of these says which platform, that of ./data/quickstart is asked.\n'

/** The examples of a help text. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}${EXAMPLES_END}`
}
