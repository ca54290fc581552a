/** Row four of the goals: building and signing P-256 certificates, on one core. */
import { generateKeyPairSync, sign, webcrypto } from 'node:crypto'
import {
  createSigner,
  extensions,
  keyIdentifier,
  name,
  randomSerialNumber,
  type Signer,
  signCertificate,
} from '@countersign/pki'
import 'reflect-metadata'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { printTable, printTitle, verdict } from './table.ts'

const GOAL = 8000
const DAY = 86_400_000
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

/** How often a second `work` can be done, the best of three stretches: other work on the machine only slows. */
async function perSecond(work: () => Promise<unknown>, seconds: number): Promise<number> {
  let best = 0
  for (let stretch = 0; stretch < 3; stretch++) {
    const start = performance.now()
    let count = 0
    while (performance.now() - start < (seconds * 1000) / 3) {
      for (let batch = 0; batch < 20; batch++) await work()
      count += 20
    }
    best = Math.max(best, count / ((performance.now() - start) / 1000))
  }
  return best
}

function ours(issuer: Signer, publicKey: Uint8Array): () => Promise<Uint8Array> {
  const authority = keyIdentifier(issuer.publicKey)
  const issuerName = name({ CN: 'Bench Authority', O: 'Bench' })
  return () =>
    signCertificate(
      {
        serialNumber: randomSerialNumber(),
        issuer: issuerName,
        notBefore: new Date(),
        notAfter: new Date(Date.now() + 90 * DAY),
        subject: name({ CN: `device-${Math.random()}`, O: 'Bench' }),
        publicKey,
        extensions: [
          extensions.basicConstraints({ cA: false }),
          extensions.keyUsage(['digitalSignature']),
          extensions.extendedKeyUsage([CLIENT_AUTH]),
          extensions.subjectKeyIdentifier(keyIdentifier(publicKey)),
          extensions.authorityKeyIdentifier(authority),
        ],
      },
      issuer,
    )
}

async function peculiar(): Promise<() => Promise<unknown>> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  return () =>
    X509CertificateGenerator.create({
      subject: `CN=device-${Math.random()}, O=Bench`,
      issuer: 'CN=Bench Authority, O=Bench',
      notBefore: new Date(),
      notAfter: new Date(Date.now() + 90 * DAY),
      publicKey: keys.publicKey as CryptoKey,
      signingKey: keys.privateKey as CryptoKey,
      signingAlgorithm: algorithm,
      extensions: [
        new BasicConstraintsExtension(false),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([CLIENT_AUTH]),
      ],
    })
}

export async function benchCertificates(isQuick: boolean): Promise<void> {
  const seconds = isQuick ? 1 : 4
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = await createSigner('ES256', privateKey.export({ format: 'der', type: 'pkcs8' }))
  const subject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'der', type: 'spki' })
  const bytes = Buffer.alloc(500, 3)

  const build = ours(issuer, subject)
  const signature = await perSecond(async () => sign('sha256', bytes, privateKey), seconds)
  const rate = await perSecond(build, seconds)
  const peer = await perSecond(await peculiar(), seconds)
  const row = (who: string, value: number, goal = '', held = ''): string[] => [
    who,
    Math.round(value).toString(),
    `${((100 * value) / signature).toFixed(0)} %`,
    goal,
    held,
  ]
  printTitle('build and sign a P-256 certificate, one core')
  printTable(
    ['who', 'per s', 'of the limit', 'goal', ''],
    [
      row('limit: the signature alone', signature),
      row('countersign', rate, `>= ${GOAL}`, verdict(`certificates: ${Math.round(rate)} a second`, rate >= GOAL)),
      row('@peculiar/x509', peer),
    ],
  )
}
