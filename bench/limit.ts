/** The physical limit: hash the file once, make (or check) one signature, copy the file once. OpenSSL through Node. */
import { constants, createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { BenchCredential } from './credential.ts'
import type { Contender } from './measure.ts'

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }

function options(credential: BenchCredential) {
  return credential.algorithm === 'PS256' ? PSS : { dsaEncoding: 'ieee-p1363' as const }
}

/** About what a claim and its protected headers come to. */
const TO_BE_SIGNED = Buffer.alloc(2048, 7)

export function signLimit(credential: BenchCredential, file: Uint8Array): Contender {
  const key = createPrivateKey({ key: Buffer.from(credential.privateKey), format: 'der', type: 'pkcs8' })
  const ready = Buffer.alloc(file.length + 32_768)
  return {
    name: 'physical limit',
    run() {
      createHash('sha256').update(file).digest()
      sign('sha256', TO_BE_SIGNED, { key, ...options(credential) })
      ready.set(file)
    },
  }
}

export function verifyLimit(credential: BenchCredential, file: Uint8Array): Contender {
  const key = createPrivateKey({ key: Buffer.from(credential.privateKey), format: 'der', type: 'pkcs8' })
  const signature = sign('sha256', TO_BE_SIGNED, { key, ...options(credential) })
  const publicKey = createPublicKey(key)
  return {
    name: 'physical limit',
    run() {
      createHash('sha256').update(file).digest()
      verify('sha256', TO_BE_SIGNED, { key: publicKey, ...options(credential) }, signature)
    },
  }
}
