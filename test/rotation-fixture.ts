/** A certificate in files of a folder, with a platform that knows it: what tests rotate. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import type { CreateOptions } from '../packages/cli/src/client-cert-create.ts'
import { createCertificate } from '../packages/cli/src/client-cert-create.ts'
import { readIdentity } from '../packages/cli/src/client-cert-identity.ts'
import { connectAs, connectBy, listRecords } from '../packages/cli/src/client-cert-platform.ts'
import { type RotationOptions, type RotationOutcome, rotateFiles } from '../packages/cli/src/client-cert-rotation.ts'
import { type Profile, readProfile } from '../packages/cli/src/profile.ts'
import type { CertificateFiles } from '../packages/cli/src/profile-layer.ts'
import type { Platform } from './platform.ts'

const ME = '/account/api/v1/user/me'

/** The profile of the quickstart in a folder. */
export function quickstartProfile(folder: string): Promise<Profile> {
  return readProfile({ env: { HOME: folder }, flags: {}, cwd: folder })
}

/** Makes a certificate in a folder or file. */
export async function make(folder: string, wish: Pick<CreateOptions, 'name' | 'out'> & Partial<CreateOptions>) {
  const platform = await connectBy(await quickstartProfile(folder))
  try {
    return await createCertificate(platform, { keyType: 'P-256', force: false, ...wish, out: join(folder, wish.out) })
  } finally {
    platform.close()
  }
}

/** Rotates by the rule itself, as the command does. */
export async function rotate(
  folder: string,
  files: CertificateFiles,
  options: Partial<RotationOptions> = {},
): Promise<RotationOutcome> {
  const profile = await quickstartProfile(folder)
  return rotateFiles({
    files,
    connect: (identity) => connectAs(profile, identity),
    now: () => new Date(),
    graceMs: 3_600_000,
    done: () => {},
    ...options,
  })
}

/** Which certificates of such names the platform has, and which of them count. */
export async function recordsOf(folder: string, base: string): Promise<readonly string[]> {
  const platform = await connectBy(await quickstartProfile(folder))
  try {
    const records = await listRecords(platform)
    return records
      .filter(({ name }) => name === base || name.startsWith(`${base} `))
      .map(({ name, enabled }) => `${name}: ${enabled ? 'counts' : 'disabled'}`)
  } finally {
    platform.close()
  }
}

/** The certificate in files, if it is that of the key there, and the status of a request with it. */
export async function statusWith(platform: Platform, files: CertificateFiles): Promise<number> {
  const { certificate, privateKey } = await readIdentity(files)
  const cert = new X509Certificate(certificate.bytes)
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
  return statusOf(platform, new Agent({ ca: platform.ca, cert: cert.toString(), key: pem(key), lookup: loopback }))
}

/** Asks who it is over mutual TLS; the status. */
export function statusOf(platform: Platform, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    request(platform.account.clientauth_url + ME, { agent }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode ?? 0))
    })
      .on('error', reject)
      .end()
  })
}

/** A client with what is in one PEM file or two now. */
export function agentWith(platform: Platform, cert: string, key: string, keepAlive: boolean): Agent {
  const content = readFileSync(cert)
  return new Agent({
    ca: platform.ca,
    cert: content,
    key: key === cert ? content : readFileSync(key),
    keepAlive,
    maxSockets: 1,
    lookup: loopback,
  })
}

const pem = (key: ReturnType<typeof createPrivateKey>): string =>
  key.export({ type: 'pkcs8', format: 'pem' }).toString()

const loopback: NonNullable<ConstructorParameters<typeof Agent>[0]>['lookup'] = (_name, { all }, answer) =>
  all ? answer(null, [{ address: '127.0.0.1', family: 4 }]) : answer(null, '127.0.0.1', 4)
