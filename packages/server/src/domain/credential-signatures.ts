import { type Principal, permissionsOf } from './authenticate.ts'
import { findCredential } from './manage-credentials.ts'
import type { ListedSignature, SignatureQuery } from './signature.ts'
import type { World } from './world.ts'

/** Which of them are wanted. */
export type SignatureFilter = Omit<SignatureQuery, 'credentialId'>

/**
 * The signatures by a credential, newest first: all of one's own credential, and of others to who manages credentials. Of
 * one that several use each sees what is theirs.
 */
export async function credentialSignatures(
  world: World,
  principal: Principal,
  named: string,
  filter: SignatureFilter,
): Promise<AsyncGenerator<ListedSignature, void, void>> {
  const { credential } = await findCredential(world, principal, named)
  const seesAll = credential.userId === principal.user.id || permissionsOf(principal).includes('MANAGE_CTM_CREDENTIAL')
  const query: SignatureQuery = { ...filter, credentialId: credential.id }
  if (seesAll) return world.store.signatures.walk(query)
  const { id } = principal.user
  return filter.userId === undefined || filter.userId === id
    ? world.store.signatures.walk({ ...query, userId: id })
    : none()
}

async function* none(): AsyncGenerator<never, void, void> {}
