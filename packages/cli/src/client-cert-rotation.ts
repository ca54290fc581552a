/**
 * Rotating a client authentication certificate without a gap: key here, certificate from the platform, proof, swap, and
 * an end to the old one after a while. Each step is on disk before the next one begins, so that a run that ended anywhere
 * is finished by the next.
 */
import { access, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { decodePem, decodePemBlock, encodeBase64, encodePem } from '@countersign/codec'
import { Certificate, decryptPrivateKey, encryptPrivateKey } from '@countersign/pki'
import type { WholeClientAuthCertificate } from '@countersign/sdk'
import { lockFolder } from '@countersign/server/settings'
import { filesLike, type Identity, type IdentityFile, isKeyOf, readIdentity, serialOf } from './client-cert-identity.ts'
import { type ClientKeyType, keyTypeOf, makeKey, requestFor } from './client-cert-key.ts'
import { findRecord, listRecords, type Platform, Refused } from './client-cert-platform.ts'
import {
  type IssuedCertificate,
  type PendingRotation,
  pendingKeyFile,
  type RetiringCertificate,
  type RotatedCertificate,
  type RotationState,
  readRotationState,
  writeRotationState,
} from './client-cert-rotation-state.ts'
import {
  isLinked,
  linkFiles,
  makeVersionsFolder,
  putVersion,
  removeVersions,
  replaceFile,
  shownVersion,
  showVersion,
  versionsFolder,
  writing,
} from './client-cert-versions.ts'
import { Failure } from './failure.ts'
import type { CertificateFiles } from './profile-layer.ts'

/** What is done, in this order; each is told when it stands on the disk or at the platform. */
export type RotationStep =
  | 'key made'
  | 'begun'
  | 'issued'
  | 'stored'
  | 'recorded'
  | 'proved'
  | 'copied'
  | 'linked'
  | 'swapped'
  | 'reloaded'
  | 'settled'
  | 'disabled'

/** How to rotate. */
export type RotationOptions = {
  readonly files: CertificateFiles
  /** The platform, as whom the identity is. */
  readonly connect: (identity: Identity) => Promise<Platform>
  readonly now: () => Date
  /** That of the old one unless it is given. */
  readonly keyType?: ClientKeyType | undefined
  /** ISO 8601; what the platform gives unless it is given. */
  readonly exp?: string | undefined
  /** For how long the old one counts beside the new one. */
  readonly graceMs: number
  /** Only one that ends within so many days is rotated; always unless it is given. */
  readonly withinDays?: number | undefined
  /** Has programs read the files again; fails where that does. */
  readonly reload?: (() => Promise<void>) | undefined
  readonly done: (step: RotationStep) => void
}

/** What came of it. */
export type RotationOutcome = {
  /** Whether another certificate is in the files than before. */
  readonly rotated: boolean
  /** Whether an earlier run had begun it. */
  readonly resumed: boolean
  /** What is in the files. */
  readonly certificate: Certificate
  /** Which files those are. */
  readonly files: readonly string[]
  /** The same at the platform, where it was rotated, and the one that was in the files before. */
  readonly made?: IssuedCertificate
  readonly previous?: RotatedCertificate
  readonly disabled: readonly RotatedCertificate[]
  /** What still counts beside it, and until when. */
  readonly retiring: readonly RetiringCertificate[]
}

/** What the steps work on. */
type Work = RotationOptions & { readonly folder: string; readonly found: Identity }

const DAY = 86_400_000

/** Finishes what an earlier run began, else rotates where it is time to; then disables what has had its grace. */
export async function rotateFiles(options: RotationOptions): Promise<RotationOutcome> {
  const { files } = options
  const found = await readIdentity(files)
  const folder = versionsFolder(files.kind === 'pem' ? files.cert : files.file)
  if (!isDue(found, options) && !(await isThere(folder)))
    return { ...(await shownBy(files, found)), rotated: false, resumed: false, disabled: [], retiring: [] }
  return writing(async () => {
    await makeVersionsFolder(folder)
    const lock = lockFolder(folder)
    if (!lock) throw new Failure(`Another run rotates these files now (${folder}).`)
    try {
      // Anew: another run may have rotated them meanwhile.
      return await rotateLocked({ ...options, folder, found: await readIdentity(files) })
    } finally {
      lock.release()
    }
  })
}

function isDue({ certificate }: Identity, { withinDays, now }: RotationOptions): boolean {
  return withinDays === undefined || certificate.notAfter.getTime() < now().getTime() + withinDays * DAY
}

async function rotateLocked(work: Work): Promise<RotationOutcome> {
  const { folder, found, files } = work
  const earlier = await withoutStrangers(work, await readRotationState(folder))
  const resumed = earlier.rotation !== undefined
  const rotated = resumed || isDue(found, work)
  const settled = rotated ? await rotate(work, earlier) : undefined
  const shown = settled ? await readIdentity(files) : found
  const retired = await retire(work, settled?.state ?? earlier, shown)
  return {
    rotated,
    resumed,
    ...(await shownBy(files, shown)),
    ...(settled && { made: settled.made, previous: settled.previous }),
    ...retired,
  }
}

async function shownBy(
  files: CertificateFiles,
  shown: Identity,
): Promise<Pick<RotationOutcome, 'certificate' | 'files'>> {
  const all = await filesLike(files, shown, shown, '')
  return { certificate: shown.certificate, files: all.map(({ path }) => path) }
}

/** A rotation that was begun for another certificate than the one in the files now is given up. */
async function withoutStrangers(work: Work, state: RotationState): Promise<RotationState> {
  const serial = serialOf(work.found.certificate)
  const { rotation } = state
  if (!rotation || [rotation.previous, rotation.certificate].some((one) => one?.serial_number === serial)) return state
  return giveUp(work, state)
}

/** What was issued in vain is disabled with the others. */
async function giveUp({ folder, now }: Work, { rotation, retiring }: RotationState): Promise<RotationState> {
  const issued = rotation?.certificate
  const state = { retiring: issued ? [...retiring, { ...issued, disable_at: now().toISOString() }] : retiring }
  await writeRotationState(folder, state)
  return state
}

/** A rotation but for the end of the old certificate. */
type Settled = {
  readonly state: RotationState
  readonly made: IssuedCertificate
  readonly previous: RotatedCertificate
}

async function rotate(work: Work, earlier: RotationState): Promise<Settled> {
  const begun = earlier.rotation
  const made = begun?.certificate
  if (made?.serial_number === serialOf(work.found.certificate)) return settle(work, earlier)
  if (!begun) return complete(work, await begin(work, earlier))
  try {
    return await complete(work, earlier)
  } catch (error) {
    // Disabled or deleted meanwhile, or its key is gone: then it takes another.
    if (!(error instanceof Unusable)) throw error
    return complete(work, await begin(work, await giveUp(work, await readRotationState(work.folder))))
  }
}

/** What was made for a rotation is of no use for it. */
class Unusable extends Failure {}

/** Makes the key. */
async function begin(work: Work, { retiring }: RotationState): Promise<RotationState> {
  const { folder, files, found, keyType, done } = work
  const { id, name, serial_number } = await asking(work, found, (platform) => findRecord(platform, found))
  const key = await makeKey(keyType ?? keyTypeOf(found.certificate.publicKey))
  await replaceFile(pendingKeyFile(folder), await sealed(key, files))
  done('key made')
  const state = { rotation: { previous: { id, name, serial_number } }, retiring }
  await writeRotationState(folder, state)
  done('begun')
  return state
}

async function complete(work: Work, begun: RotationState): Promise<Settled> {
  const state = begun.rotation?.certificate ? begun : await obtain(work, begun)
  const version = state.rotation?.certificate?.serial_number as string
  await prove(work, await readIdentity(versionFiles(work, version)))
  await swap(work, version)
  return settle(work, state)
}

/** Gets the certificate, and puts it beside the old one. One that was issued and whose answer was lost is found by its key. */
async function obtain(work: Work, state: RotationState): Promise<RotationState> {
  const { folder, files, found, exp, done } = work
  const { previous } = state.rotation as PendingRotation
  const privateKey = await opened(folder, files)
  const made = await asking(work, found, async (platform) => {
    const { csr, publicKey } = await requestFor(privateKey, found.certificate.subject)
    const known = (await listRecords(platform)).find(({ public_key: key }) => key === encodeBase64(publicKey))
    return platform.ask(({ clientAuthCertificates }) =>
      known
        ? clientAuthCertificates.get(known.id)
        : clientAuthCertificates.renew(previous.id, { csr, ...(exp !== undefined && { exp }) }),
    )
  })
  done('issued')
  const identity = identityOf(made, privateKey, found)
  const version = serialOf(identity.certificate)
  await putVersion(folder, version, await filesLike(files, identity, found, made.name))
  done('stored')
  const { id, name, serial_number, end_date } = made
  const recorded = { ...state, rotation: { previous, certificate: { id, name, serial_number, end_date } } }
  await writeRotationState(folder, recorded)
  done('recorded')
  return recorded
}

/** The new certificate is accepted, or nothing is swapped. */
async function prove(work: Work, identity: Identity): Promise<void> {
  try {
    await asking(work, identity, (platform) => platform.ask(({ users }) => users.me()))
  } catch (error) {
    if (error instanceof Refused && error.code === 'AUTHORIZATION_ERROR')
      throw new Unusable(`The new certificate was issued, but is not accepted: nothing was swapped. ${error.message}`)
    throw error
  }
  work.done('proved')
}

async function swap(work: Work, version: string): Promise<void> {
  const { folder, files, found, done } = work
  const roles = await readdir(join(folder, version))
  const shown = (await filesLike(files, found, found, '')).filter(({ role }) => roles.includes(role))
  if (!(await areLinked(folder, shown))) {
    const before = `${serialOf(found.certificate)}${BEFORE}`
    if ((await shownVersion(folder)) !== before) {
      await putVersion(folder, before, await Promise.all(shown.map(asItIs)))
      await showVersion(folder, before)
    }
    done('copied')
    await linkFiles(folder, shown, () => done('linked'))
  }
  await showVersion(folder, version)
  done('swapped')
}

/** Of what was in the files before they were links. */
const BEFORE = '.before'

async function areLinked(folder: string, files: readonly IdentityFile[]): Promise<boolean> {
  const linked = await Promise.all(files.map(({ role, path }) => isLinked(folder, role, path)))
  return linked.every(Boolean)
}

async function asItIs(file: IdentityFile): Promise<IdentityFile> {
  return { ...file, content: await readFile(file.path) }
}

/** Has programs read the files again; from then on the grace of the old one counts. */
async function settle(work: Work, state: RotationState): Promise<Settled> {
  const { folder, reload, graceMs, now, done } = work
  const { previous, certificate: made } = state.rotation as Required<PendingRotation>
  await reload?.()
  done('reloaded')
  const disable_at = new Date(now().getTime() + graceMs).toISOString()
  const settled = { retiring: [...state.retiring, { ...previous, disable_at }] }
  await writeRotationState(folder, settled)
  done('settled')
  return { state: settled, made, previous }
}

/** Disables what has had its grace, and removes what nothing needs any more. */
async function retire(
  work: Work,
  { retiring }: RotationState,
  shown: Identity,
): Promise<Pick<RotationOutcome, 'disabled' | 'retiring'>> {
  const { folder, now, done } = work
  const current = serialOf(shown.certificate)
  const disabled: RotatedCertificate[] = []
  // What is in the files again, put there by hand, is in use.
  let left = retiring.filter(({ serial_number }) => serial_number !== current)
  const due = left.filter(({ disable_at }) => Date.parse(disable_at) <= now().getTime())
  if (due.length > 0) {
    await asking(work, shown, async (platform) => {
      for (const { id, name, serial_number } of due) {
        await disable(platform, id)
        left = left.filter((one) => one.id !== id)
        await writeRotationState(folder, { retiring: left })
        disabled.push({ id, name, serial_number })
        done('disabled')
      }
    })
  }
  await rm(pendingKeyFile(folder), { force: true })
  const versions = [current, ...left.map(({ serial_number }) => serial_number)]
  const shownNow = await shownVersion(folder)
  await removeVersions(folder, [
    ...(shownNow === undefined ? [] : [shownNow]),
    ...versions.flatMap((version) => [version, `${version}${BEFORE}`]),
  ])
  return { disabled, retiring: left }
}

async function disable(platform: Platform, id: string): Promise<void> {
  try {
    await platform.ask(({ clientAuthCertificates }) => clientAuthCertificates.disable(id))
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== 'client_authentication_certificate_not_found') throw error
  }
}

async function asking<Answer>(
  { connect }: Work,
  identity: Identity,
  question: (platform: Platform) => Promise<Answer>,
): Promise<Answer> {
  const platform = await connect(identity)
  try {
    return await question(platform)
  } finally {
    platform.close()
  }
}

function identityOf(made: WholeClientAuthCertificate, privateKey: Uint8Array, found: Identity): Identity {
  const certificate = Certificate.decode(decodePemBlock(made.x509_cert, 'CERTIFICATE'))
  if (!isKeyOf(privateKey, certificate))
    throw new Failure(`The platform answered with a certificate of another key (${made.id}): nothing was swapped.`)
  const issuers = decodePem(made.ca_cert).map(({ bytes }) => bytes)
  return { certificate, privateKey, chain: [...issuers, ...found.chain.slice(issuers.length)] }
}

/** The files of a version, as the profile names those that are shown. */
function versionFiles({ folder, files }: Work, version: string): CertificateFiles {
  const at = (role: string): string => join(folder, version, role)
  if (files.kind === 'pkcs12') return { ...files, file: at('client.p12') }
  if (files.cert === files.key) return { kind: 'pem', cert: at('client.pem'), key: at('client.pem') }
  return { kind: 'pem', cert: at('cert.pem'), key: at('key.pem') }
}

/** Under the password of the PKCS#12 file: where that is, there are no keys in the clear. */
async function sealed(key: Uint8Array, files: CertificateFiles): Promise<string> {
  if (files.kind === 'pem') return encodePem('PRIVATE KEY', key)
  return encodePem('ENCRYPTED PRIVATE KEY', await encryptPrivateKey(key, files.password))
}

async function opened(folder: string, files: CertificateFiles): Promise<Uint8Array> {
  try {
    const text = await readFile(pendingKeyFile(folder), 'latin1')
    if (files.kind === 'pem') return decodePemBlock(text, 'PRIVATE KEY')
    return await decryptPrivateKey(decodePemBlock(text, 'ENCRYPTED PRIVATE KEY'), files.password)
  } catch {
    throw new Unusable(`${pendingKeyFile(folder)} can't be read: nothing was swapped.`)
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
