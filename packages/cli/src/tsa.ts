/** `countersign tsa`: time stamps of files, RFC 3161. */
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { decodeBase64, decodePem, encodeBase64, encodeHex, PemError } from '@countersign/codec'
import {
  Certificate,
  createHash,
  decodeTimeStampToken,
  type HashAlgorithm,
  hashAlgorithmFrom,
  nameText,
  PkiError,
  TimeStampReq,
  TimeStampResp,
  type TimeStampVerification,
  timeStampRequest,
  timeStampResponse,
  timeStampTokenOf,
  verifyTimeStampToken,
} from '@countersign/pki'
import { type Command, Option } from 'commander'
import { print, printJson } from './client-cert-view.ts'
import { explain, Failure, InputError, unreadable } from './failure.ts'
import { paint } from './paint.ts'
import { plain } from './plain-text.ts'
import { answerOf, examples, withProfile } from './platform-command.ts'

const HASHES = ['sha256', 'sha384', 'sha512'] as const

/** Trusted; it holds, but nobody trusted vouches for it; it does not hold; it can't be read. As of `verify`. */
const TSA_STATUS = { trusted: 0, untrusted: 1, invalid: 2, unreadable: 4 } as const

/** A time stamp has some kilobytes. */
const MOST_BYTES = 1024 * 1024
const PATIENCE_MS = 20_000

/** Adds the commands. */
export function addTsa(program: Command): void {
  const group = program
    .command('tsa')
    .description('time stamps of files: what was there when, by whose word (RFC 3161)')

  withProfile(
    group.command('stamp').description('get a time stamp of a file: its hash alone goes out').argument('<file>'),
  )
    .option('--out <file>', 'where it goes (default: the name of the file with .tsr)')
    .addOption(new Option('--hash <name>', 'by which the file is known').choices(HASHES).default('sha256'))
    .option('--url <url>', 'ask this authority, and no platform')
    .option('--force', 'replace a file that is there')
    .option('--json', 'print JSON, for programs')
    .addHelpText(
      'after',
      examples(
        'countersign tsa stamp contract.pdf',
        'countersign tsa stamp contract.pdf --url http://127.0.0.1:8080/tsa',
      ),
    )
    .action((file: string, flags: StampFlags, command: Command) => stamp(file, flags, command))

  group
    .command('verify')
    .description('say when a file was there, by a time stamp; nothing is asked of anybody')
    .argument('<file>')
    .option('--token <file>', 'the time stamp: an answer of an authority, or its token (default: the name with .tsr)')
    .option('--trust <file>', 'PEM of the roots of time-stamp authorities that you trust')
    .option('--json', 'print JSON, for programs')
    // Commander's own status for what it can't read would say: not trusted.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : TSA_STATUS.unreadable))
    .addHelpText(
      'after',
      `\nExit status: 0 it holds, 1 it holds but nobody you trust vouches for it, 2 it does not hold, 4 not readable.

Examples:
  countersign tsa verify contract.pdf --token contract.pdf.tsr --trust ca.pem`,
    )
    .action(async (file: string, flags: VerifyFlags) => {
      try {
        await verifyStamp(file, flags)
      } catch (error) {
        explain(error)
        process.exitCode = TSA_STATUS.unreadable
      }
    })
}

type StampFlags = {
  readonly out?: string
  readonly hash: HashAlgorithm
  readonly url?: string
  readonly force?: true
  readonly json?: true
}

async function stamp(file: string, flags: StampFlags, command: Command): Promise<void> {
  const { out = `${file}.tsr`, hash: algorithm, url, force, json } = flags
  if (!force && (await stat(out).catch(() => undefined)))
    throw new InputError(`${plain(out)} is there already: --force replaces it`)
  const nonce = BigInt(`0x${randomBytes(8).toString('hex')}`)
  const request = timeStampRequest({ hash: await hashOf(file, algorithm), algorithm, nonce })
  const response = url === undefined ? await askPlatform(command, request) : await askAuthority(url, request)
  const { info } = decodeTimeStampToken(tokenFor(response, request))
  await writeFile(out, response, { flag: force ? 'w' : 'wx' }).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${plain(out)} can't be written: ${error.code}`)
  })
  const time = info.genTime.toISOString()
  if (json)
    return printJson({
      file,
      token: out,
      time,
      hash: { algorithm, value: encodeHex(info.messageImprint.hashedMessage) },
    })
  print([`${paint(process.stdout).green('✓')} ${plain(out)}  ${timeText(info.genTime)}`])
}

async function askPlatform(command: Command, request: Uint8Array): Promise<Uint8Array> {
  const { messageImprint, nonce } = TimeStampReq.decode(request)
  const { timestamp } = await answerOf(command, (platform) =>
    platform.ask(({ csc }) =>
      csc.timestamp({
        hash: encodeBase64(messageImprint.hashedMessage),
        hashAlgo: messageImprint.hashAlgorithm.algorithm,
        ...(nonce !== undefined && { nonce: nonce.toString() }),
      }),
    ),
  )
  return timeStampResponse(decodeBase64(timestamp))
}

/** RFC 3161 §3.4. */
async function askAuthority(url: string, request: Uint8Array): Promise<Uint8Array> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new InputError(`--url is "${plain(url)}": it takes a URL as http://tsa.example`)
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
      body: new Uint8Array(request),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    if (!answer.ok) throw new Error(`it answered ${answer.status}`)
    const bytes = new Uint8Array(await answer.arrayBuffer())
    if (bytes.length > MOST_BYTES) throw new Error('it answered with more than any time stamp has')
    return bytes
  } catch (error) {
    const { message, cause } = error as Error
    throw new Failure(`${plain(url)} gave no time stamp: ${(cause as Error | undefined)?.message || message}`)
  }
}

function tokenFor(response: Uint8Array, request: Uint8Array): Uint8Array {
  try {
    return timeStampTokenOf(response, TimeStampReq.decode(request))
  } catch (error) {
    if (!(error instanceof PkiError)) throw error
    throw new Failure(`The authority gave no time stamp that answers the request: ${error.message}.`)
  }
}

type VerifyFlags = { readonly token?: string; readonly trust?: string; readonly json?: true }

async function verifyStamp(file: string, { token: named, trust, json }: VerifyFlags): Promise<void> {
  const path = named ?? `${file}.tsr`
  const token = tokenIn(await bytesOf(path), path)
  const anchors = trust === undefined ? [] : await certificatesOf(trust)
  const found = await verifyTimeStampToken(token, { of: await imprintOf(file, token, path), anchors })
  process.exitCode = found.trusted
    ? TSA_STATUS.trusted
    : 'genTime' in found && found.status === 'untrusted'
      ? TSA_STATUS.untrusted
      : TSA_STATUS.invalid
  if (json) return printJson(jsonOf(file, path, found))
  const { green, yellow, red, bold, dim } = paint(process.stdout)
  const name = bold(plain(file))
  if (!('genTime' in found))
    return print([
      `${red('✗')} ${name}  ${red(REASONS[found.status])}${found.status === 'mismatch' ? '' : `: ${plain(found.reason)}`}`,
    ])
  const authority = `  ${dim('Authority')}  ${plain(nameText(found.certificate.subject))}`
  const at = timeText(found.genTime)
  if (found.trusted) print([`${green('✓')} ${name}  was there at ${at}, as it is now`, authority])
  else if (found.status === 'untrusted')
    print([
      `${yellow('!')} ${name}  was there at ${at}, as it is now, by an authority that you do not trust`,
      authority,
      ...(trust === undefined ? [`  ${dim('--trust FILE says whom you trust')}`] : []),
    ])
  else print([`${red('✗')} ${name}  ${red('not valid')}: ${plain(found.reason)}`, authority])
}

const REASONS: { readonly [S in 'mismatch' | 'invalidSignature' | 'unverifiable' | 'malformed']: string } = {
  mismatch: 'the time stamp is of something else, or the file was changed',
  invalidSignature: 'the time stamp was forged or changed',
  unverifiable: "the time stamp can't be verified",
  malformed: 'that is no time stamp',
}

function jsonOf(file: string, token: string, found: TimeStampVerification) {
  const attested =
    'genTime' in found ? { time: found.genTime.toISOString(), authority: nameText(found.certificate.subject) } : {}
  return {
    file,
    token,
    status: found.status,
    trusted: found.trusted,
    ...attested,
    ...('reason' in found && { reason: found.reason }),
  }
}

/** An answer of an authority holds a token; else the file is one. */
function tokenIn(bytes: Uint8Array, path: string): Uint8Array {
  try {
    const { timeStampToken } = TimeStampResp.decode(bytes)
    if (timeStampToken) return timeStampToken
  } catch {
    return bytes
  }
  throw new InputError(`${plain(path)} is the answer of an authority that gave no time stamp`)
}

/** The hash of the file by the algorithm that the token names; of one that is none, any. */
async function imprintOf(
  file: string,
  token: Uint8Array,
  path: string,
): Promise<{ algorithm: HashAlgorithm; hash: Uint8Array }> {
  try {
    const algorithm = hashAlgorithmFrom(decodeTimeStampToken(token).info.messageImprint.hashAlgorithm) ?? 'sha256'
    return { algorithm, hash: await hashOf(file, algorithm) }
  } catch (error) {
    if (!(error instanceof PkiError)) throw error
    throw new InputError(`${plain(path)} is no time stamp: ${plain(error.message)}`, { cause: error })
  }
}

async function hashOf(file: string, algorithm: HashAlgorithm): Promise<Uint8Array> {
  const hash = createHash(algorithm)
  try {
    for await (const piece of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(piece)
  } catch (cause) {
    throw unreadable(file, cause as NodeJS.ErrnoException)
  }
  return hash.digest()
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file)
    if (size > MOST_BYTES) throw new InputError(`${plain(file)} has ${size} bytes, and no time stamp has`)
    return new Uint8Array(await readFile(file))
  } catch (cause) {
    throw cause instanceof InputError ? cause : unreadable(file, cause as NodeJS.ErrnoException)
  }
}

async function certificatesOf(file: string): Promise<Certificate[]> {
  try {
    const blocks = decodePem(Buffer.from(await bytesOf(file)).toString('latin1'))
    const certificates = blocks
      .filter(({ label }) => label === 'CERTIFICATE')
      .map(({ bytes }) => Certificate.decode(bytes))
    if (certificates.length > 0) return certificates
  } catch (error) {
    if (!(error instanceof PemError || error instanceof PkiError)) throw error
    throw new InputError(`${plain(file)} is no PEM of certificates: ${plain(error.message)}`, { cause: error })
  }
  throw new InputError(`${plain(file)} holds no certificate in PEM`)
}

function timeText(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
