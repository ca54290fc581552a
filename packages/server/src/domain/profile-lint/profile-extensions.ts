import { oids } from '@countersign/pki'
import type { ProfileRule } from './profile-rule.ts'

const EXTENSIONS: readonly string[] = [
  oids.keyUsage,
  oids.extKeyUsage,
  oids.subjectKeyIdentifier,
  oids.authorityKeyIdentifier,
  oids.subjectAltName,
  oids.authorityInfoAccess,
  oids.cRLDistributionPoints,
]

/** There are the extensions that every certificate of a device has, and nothing that a request asked for. */
export const profileExtensions: ProfileRule = {
  id: 'profile-extensions',
  check: ({ extensions }) => {
    const wrong = extensions.find(({ id }) => !EXTENSIONS.includes(id))
    return wrong && `has the extension ${wrong.id}, which no profile has`
  },
}
