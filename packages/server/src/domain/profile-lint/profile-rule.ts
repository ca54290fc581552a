import type { Certificate } from '@countersign/pki'
import type { DeviceCertificateProfile } from '../device-certificate-profile.ts'

/** One thing that a device's certificate has to be since its profile says so; judged from what is to be signed. */
export type ProfileRule = {
  readonly id: string
  /** What is wrong; undefined when nothing. Begins with a verb. */
  check(certificate: Certificate, profile: DeviceCertificateProfile): string | undefined
}
