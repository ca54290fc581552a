/** `countersign c2patool-signer`: signs for c2patool, by the protocol of its external signers. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodePem } from '@countersign/codec'
import { ecdsaSignatureToRaw, type SignatureAlgorithm } from '@countersign/pki'
import type { LocalSigner } from '@countersign/sdk'
import type { Command } from 'commander'
import { connectBy } from './client-cert-platform.ts'
import { InputError } from './failure.ts'
import { plain } from './plain-text.ts'
import { examples, profileOf, sourcesOf, withFlags, withProfile } from './platform-command.ts'
import { type Profile, readCredential } from './profile.ts'
import { CREDENTIAL_FLAGS } from './profile-layer.ts'
import { noCredential, openedCredential } from './sign-credential.ts'

type SignerFlags = { readonly signerInfo?: true; readonly alg?: string; readonly tsaUrl?: string }

/** c2patool's names; what is signed by Ed25519 it calls ed25519. */
const NAMES: { readonly [A in SignatureAlgorithm]?: string } = {
  ES256: 'es256',
  ES384: 'es384',
  ES512: 'es512',
  PS256: 'ps256',
  PS384: 'ps384',
  PS512: 'ps512',
  EdDSA: 'ed25519',
}

/** Half of a signature as COSE has it, RFC 9053 §2.1. */
const COORDINATE_BYTES: { readonly [A in SignatureAlgorithm]?: number } = { ES256: 32, ES384: 48, ES512: 66 }

/** A claim has some kilobytes; what is longer is none. */
const MOST_BYTES = 16 * 1024 * 1024

/** For certificates, signature, and a time stamp with its certificates. */
const RESERVE_BYTES = 20_480

/** Adds the command. */
export function addC2patoolSigner(program: Command): void {
  withFlags(
    withProfile(
      program.command('c2patool-signer').description('sign for c2patool: the program that its --signer-path names'),
    ),
    CREDENTIAL_FLAGS,
  )
    .option('--signer-info', 'tell c2patool the algorithm, the certificates and the time-stamp authority, as JSON')
    .option('--tsa-url <url>', "of which c2patool is to get its time stamps (default: the quickstart's)")
    .option('--alg <name>', 'what c2patool expects; it says so where a settings file has it')
    .option('--reserve-size <bytes>', 'what c2patool keeps free; it says so, and nothing depends on it here')
    .option('--sign-cert <file>', 'the certificates that c2patool puts in; it says so, and they are not read here')
    .addHelpText(
      'after',
      `
c2patool writes what is to be signed to standard input and reads the signature from standard output. The
credential's key stays in the platform; only a hash goes there.
${examples(
  'c2patool picture.jpg --manifest manifest.json --signer-path "countersign c2patool-signer" --output signed.jpg',
  'countersign c2patool-signer --credential-id newsroom --signer-info',
)}`,
    )
    .action((flags: SignerFlags, command: Command) => sign(flags, command))
}

async function sign(flags: SignerFlags, command: Command): Promise<void> {
  const named = await readCredential(sourcesOf(command))
  const profile = await profileOf(command)
  const platform = await connectBy(profile)
  try {
    if (!named) throw await noCredential(platform)
    if (flags.signerInfo) {
      const { id } = await platform.ask(({ credentials }) => credentials.get(named.id))
      const info = infoOf(
        await platform.ask((api) => api.openCredential({ credentialId: id })),
        await tsaUrl(flags, profile),
      )
      process.stdout.write(`${JSON.stringify(info, null, 2)}\n`)
      return
    }
    const data = await standardInput()
    const { credential, pin } = await openedCredential(platform, named)
    const options = { credentialId: credential.id, ...(pin !== undefined && { pin }) }
    const signature = await platform.ask(async (api) => signatureOf(await api.openCredential(options), data, flags.alg))
    process.stdout.write(signature)
  } finally {
    platform.close()
  }
}

function infoOf({ signer, certificates }: LocalSigner, tsa: string | undefined) {
  return {
    alg: NAMES[signer.algorithm],
    sign_cert: certificates.map((bytes) => encodePem('CERTIFICATE', bytes)).join(''),
    reserve_size: RESERVE_BYTES + certificates.reduce((sum, { length }) => sum + length, 0),
    ...(tsa !== undefined && { tsa_url: tsa }),
  }
}

/** As COSE has it: that of ECDSA is two numbers, and no DER. */
async function signatureOf(
  { signer }: LocalSigner,
  data: Uint8Array,
  expected: string | undefined,
): Promise<Uint8Array> {
  const { algorithm } = signer
  if (expected !== undefined && expected.toLowerCase() !== NAMES[algorithm])
    throw new InputError(
      `c2patool expects ${plain(expected)}, and the credential signs by ${NAMES[algorithm]}: set that as alg`,
    )
  const signature = await signer.sign(data)
  const coordinate = COORDINATE_BYTES[algorithm]
  return coordinate === undefined ? signature : ecdsaSignatureToRaw(signature, coordinate)
}

async function standardInput(): Promise<Uint8Array> {
  if (process.stdin.isTTY)
    throw new InputError(
      'What is to be signed comes on standard input: name this command to c2patool, by --signer-path.',
    )
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of process.stdin) {
    length += piece.length
    if (length > MOST_BYTES) throw new InputError(`Standard input has more than ${MOST_BYTES} bytes, and no claim has.`)
    pieces.push(piece)
  }
  if (length === 0) throw new InputError('Standard input is empty: there is nothing to sign.')
  return new Uint8Array(Buffer.concat(pieces))
}

async function tsaUrl({ tsaUrl: given }: SignerFlags, { quickstart }: Profile): Promise<string | undefined> {
  if (given !== undefined || quickstart === undefined) return given
  const { pki_url: url } = JSON.parse(await readFile(join(quickstart, 'account.json'), 'utf8'))
  return typeof url === 'string' ? `${url}/tsa` : undefined
}
