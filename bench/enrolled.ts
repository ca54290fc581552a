/** Certificates for devices, as a bench asks a platform for them. */
import { generateKeyPairSync } from 'node:crypto'
import { decodePem, encodePem } from '@countersign/codec'
import { createSigner, name, signCertificationRequest } from '@countersign/pki'
import type { Platform } from '../test/platform.ts'
import type { Target } from './connection.ts'

export const CERTIFICATE_PATH = '/iot/api/v1/certificate'

/** A request for a certificate, P-256, PEM. */
export async function newRequest(): Promise<string> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer = await createSigner('ES256', privateKey.export({ format: 'der', type: 'pkcs8' }))
  return encodePem('CERTIFICATE REQUEST', await signCertificationRequest({ subject: name({ CN: 'device' }) }, signer))
}

/** Enrolling over HTTPS by API key: another device each time. */
export async function enrolling({ account, ca }: Platform): Promise<Target> {
  const requests = await Promise.all(Array.from({ length: 64 }, newRequest))
  let count = 0
  return {
    url: new URL(account.base_url + CERTIFICATE_PATH),
    headers: { 'content-type': 'application/json', 'x-api-key': account.service_api_key },
    identity: { ca },
    body: () =>
      Buffer.from(
        JSON.stringify({
          enrollment_profile_id: account.enrollment_profile_id,
          csr: requests[count % requests.length],
          certificate_profile_attributes: [{ id: 'subject.common_name', value: `device-${++count}` }],
        }),
      ),
  }
}

/** A certificate that the platform has issued, and the one of its authority. */
export async function enrolledAt(
  platform: Platform,
  target: Target,
): Promise<readonly [leaf: Uint8Array, issuer: Uint8Array]> {
  const body = typeof target.body === 'function' ? target.body() : target.body
  const answer = await platform.request('api', CERTIFICATE_PATH, {
    method: 'POST',
    headers: target.headers,
    certificate: false,
    ...(body && { body }),
  })
  const [leaf, issuer] = decodePem(answer.json<{ pem: string }>().pem).map(({ bytes }) => bytes)
  if (!leaf || !issuer) throw new Error(`nothing was enrolled: ${answer.body}`)
  return [leaf, issuer]
}
