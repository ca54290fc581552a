/**
 * zlint and pkilint look at what the platform issues. Neither comes with a package manager that every machine has: where
 * they are on the PATH (`go install github.com/zmap/zlint/v3/cmd/zlint@latest`, `pip install pkilint`), they judge.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { encodePem } from '@countersign/codec'
import { type GeneralName, name, oids } from '@countersign/pki'
import { usagesOf } from '../../src/domain/device-certificate-profile.ts'
import { DEVICE_KEY_TYPES } from '../../src/domain/device-key-type.ts'
import { type IssueRequest, issueCertificate } from '../../src/domain/issue-certificate.ts'
import { issuerFor, signingWith } from '../../src/domain/issuer.ts'
import { serviceIdentity } from '../../src/domain/service-identity.ts'
import { startedWorld } from '../test-world.ts'

const isThere = (command: string): boolean => spawnSync(command, ['--version']).error === undefined
const hasZlint = isThere('zlint')
const hasPkilint = isThere('lint_pkix_cert')
const skip = hasZlint || hasPkilint ? false : 'neither zlint nor pkilint is installed'

/** What they find and we let be. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  // Devices decrypt with the RSA key by which they show who they are: a notice here.
  e_key_usage_and_extended_key_usage_inconsistent: 'a key usage that none of the purposes takes',
  'pkix.invalid_uri_syntax': 'pkilint takes no URI without an authority, as urn: has none',
  'pkix.invalid_domain_name_syntax': 'private hosts have names of one label, as localhost',
}

function zlint(path: string): string[] {
  const sources = 'RFC5280,RFC5480,RFC8813,RFC3279,RFC5891,Community'
  const { stdout, stderr } = spawnSync('zlint', ['-includeSources', sources, path], { encoding: 'utf8' })
  const results: Record<string, { readonly result: string }> = JSON.parse(stdout || `{"${stderr.slice(0, 200)}":{}}`)
  return Object.entries(results).flatMap(([id, { result }]) => (/^(pass|NA|NE|info)$/.test(result) ? [] : [id]))
}

function pkilint(path: string): string[] {
  const { stdout, stderr } = spawnSync('lint_pkix_cert', ['lint', '-s', 'WARNING', path], { encoding: 'utf8' })
  return [...`${stdout}${stderr}`.matchAll(/^\s+(\S+) \((WARNING|ERROR|FATAL)\)|^(\w*Error)/gm)].map(
    ([, id, , error]) => id ?? error ?? '',
  )
}

const ALTERNATIVES: readonly GeneralName[] = [
  { type: 'dNSName', value: 'device.example.com' },
  { type: 'iPAddress', value: Uint8Array.of(192, 0, 2, 1) },
  { type: 'rfc822Name', value: 'device@example.com' },
  { type: 'uniformResourceIdentifier', value: 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6' },
]
const VARIANTS: Readonly<Record<string, Partial<IssueRequest>>> = {
  plain: {},
  alternatives: { subjectAlternativeNames: ALTERNATIVES },
  everything: {
    subject: name({
      C: 'DE',
      ST: 'Bayern',
      L: 'München',
      STREET: 'Weg 1',
      O: 'Maker',
      OU: 'Cameras',
      serialNumber: 'SN1',
      CN: 'cam-1',
    }),
  },
  nameless: { subject: [], subjectAlternativeNames: ALTERNATIVES.slice(0, 1) },
}

test('zlint and pkilint find nothing in what is issued', { skip }, async (t: TestContext) => {
  for (const [tool, has] of Object.entries({ zlint: hasZlint, pkilint: hasPkilint }))
    if (!has) t.diagnostic(`${tool} is not installed, and judges nothing`)
  const world = await startedWorld(t)
  const certificates = new Map<string, Uint8Array>()
  const issuer = await issuerFor(world, 'device')
  for (const keyType of DEVICE_KEY_TYPES) {
    const { publicKey } = await world.keys.generateForDevice(keyType)
    for (const [variant, more] of Object.entries(VARIANTS)) {
      const usages = {
        keyUsages: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
        extendedKeyUsages: variant === 'plain' ? [oids.clientAuth] : [oids.clientAuth, oids.serverAuth],
      } as unknown as Parameters<typeof usagesOf>[0]
      const { bytes } = await issueCertificate(world, {
        issuer: await signingWith(world, issuer, variant === 'everything' ? 'SHA-384' : 'SHA-256'),
        profile: 'device',
        subject: name({ CN: 'A device' }),
        publicKey,
        usages: usagesOf(usages, keyType),
        days: 90,
        accountId: world.quickstart.facts.account_id,
        actor: { kind: 'platform' },
        ...more,
      })
      certificates.set(`${keyType} ${variant}`, bytes)
    }
  }
  for (const purpose of ['root', 'device', 'content-signing'] as const)
    certificates.set(purpose, (await issuerFor(world, purpose)).certificate.bytes)
  certificates.set('tls', (await serviceIdentity(world, 'tls')).certificate.bytes)

  for (const [what, bytes] of certificates) {
    const path = join(world.folder, 'judged.pem')
    writeFileSync(path, encodePem('CERTIFICATE', bytes))
    const found = [...(hasZlint ? zlint(path) : []), ...(hasPkilint ? pkilint(path) : [])]
    t.assert.deepEqual(
      found.filter((id) => EXCEPTIONS[id] === undefined),
      [],
      what,
    )
  }
})
