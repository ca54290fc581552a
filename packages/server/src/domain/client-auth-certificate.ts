import type { Account } from './account.ts'
import type { IssuedCertificate } from './certificate.ts'
import type { User } from './user.ts'

/** A certificate by which a user authenticates over mutual TLS. The certificate itself stands among the issued ones. */
export type ClientAuthCertificate = {
  /** UUID. */
  readonly id: string
  readonly userId: string
  /** The nickname; unique within the user's account. */
  readonly name: string
  readonly certificateId: string
  readonly enabled: boolean
  /** When the API key ends that it was made with, or the one that it follows: what it makes ends by then, too. */
  readonly makerEndsAt: Date | undefined
  readonly createdAt: Date
}

/** A client authentication certificate with all that it takes to authenticate a request by it. */
export type ClientAuthCertificateHolder = {
  readonly clientAuthCertificate: ClientAuthCertificate
  readonly certificate: IssuedCertificate
  readonly user: User
  readonly account: Account
}

/** The client authentication certificates in the store. */
export type ClientAuthCertificates = {
  find(id: string): Promise<ClientAuthCertificate | undefined>
  /** By SHA-256 of the certificate's DER; disabled, revoked and expired ones too: whoever asks judges. */
  findByFingerprint(fingerprint: Uint8Array): Promise<ClientAuthCertificateHolder | undefined>
  findHolder(id: string): Promise<ClientAuthCertificateHolder | undefined>
  list(userId: string): Promise<readonly ClientAuthCertificate[]>
  listWithCertificates(
    userId: string,
  ): Promise<readonly Pick<ClientAuthCertificateHolder, 'clientAuthCertificate' | 'certificate'>[]>
  /** The nicknames that are taken in an account. */
  listNames(accountId: string): Promise<ReadonlySet<string>>
  add(clientAuthCertificate: ClientAuthCertificate): Promise<void>
  setEnabled(id: string, enabled: boolean): Promise<void>
  remove(id: string): Promise<void>
}
