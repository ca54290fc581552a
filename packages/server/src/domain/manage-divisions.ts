/** Divisions: made, looked at, changed, disabled, and deleted while nothing belongs to them. */
import {
  type ChangingWorld,
  changeInAccount,
  ownedBy,
  recordChange,
  requireFreeName,
  requireRoom,
  requireUnused,
} from './account-change.ts'
import type { Principal } from './authenticate.ts'
import type { Division, DivisionQuery, DivisionStatus } from './division.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import { lineText } from './text-field.ts'
import { uuidV7 } from './uuid.ts'

/** What a division can be told to be; what is left out stays as it is. */
export type DivisionChange = {
  readonly name?: string
  readonly description?: string
  readonly status?: DivisionStatus
}

const MOST_DIVISIONS = 1_000
const CHANGE = { locks: ['divisions'], permission: 'MANAGE_IOT_DIVISION' } as const

/** Those of the principal's account that are so. */
export async function listDivisions(
  { store }: ChangingWorld,
  { account }: Principal,
  query: Omit<DivisionQuery, 'accountId'>,
): Promise<{ readonly total: number; readonly records: readonly Division[] }> {
  return store.divisions.list({ ...query, accountId: account.id })
}

/** One of them. */
export async function findDivision({ store }: ChangingWorld, { account }: Principal, id: string): Promise<Division> {
  return ownedBy(account.id, await store.divisions.find(id), 'division')
}

/** Makes a division. */
export async function createDivision(
  world: ChangingWorld,
  principal: Principal,
  change: DivisionChange & { readonly name: string },
): Promise<Division> {
  return changeInAccount(world, principal, CHANGE, async (repositories, at) => {
    const accountId = principal.account.id
    requireRoom('division', await repositories.divisions.list({ accountId, offset: 0, limit: 1 }), MOST_DIVISIONS)
    const bare: Division = {
      id: uuidV7(at),
      accountId,
      name: '',
      description: '',
      status: 'active',
      createdAt: at,
      updatedAt: at,
    }
    const division = await changed(repositories, bare, change)
    await repositories.divisions.add(division)
    await record(repositories, at, principal, 'division.create', division)
    return division
  })
}

/** Changes name, description and status. */
export async function changeDivision(
  world: ChangingWorld,
  principal: Principal,
  id: string,
  change: DivisionChange,
): Promise<Division> {
  return changeInAccount(world, principal, CHANGE, async (repositories, at) => {
    const before = ownedBy(principal.account.id, await repositories.divisions.find(id), 'division')
    const division = { ...(await changed(repositories, before, change)), updatedAt: at }
    await repositories.divisions.update(division)
    await record(repositories, at, principal, 'division.update', division)
    return division
  })
}

/** Deletes a division to which nothing belongs. */
export async function removeDivision(world: ChangingWorld, principal: Principal, id: string): Promise<void> {
  // While it looks, nobody makes an enrollment profile in it.
  const locks = [...CHANGE.locks, 'enrollment-profiles']
  await changeInAccount(world, principal, { ...CHANGE, locks }, async (repositories, at) => {
    const accountId = principal.account.id
    const division = ownedBy(accountId, await repositories.divisions.find(id), 'division')
    const query = { accountId, divisionId: id, offset: 0, limit: 1 }
    const { devices, deviceProfiles, enrollmentProfiles } = repositories
    requireUnused(
      'division',
      {
        'enrollment profile': (await enrollmentProfiles.list(query)).total,
        'device profile': (await deviceProfiles.list(query)).total,
        device: (await devices.list(query)).total,
        'deleted device': (await devices.list({ ...query, status: 'deleted' })).total,
      },
      ', or disable the division',
    )
    await repositories.divisions.remove(id)
    await record(repositories, at, principal, 'division.delete', division)
  })
}

/** A division of the account in which something new may be made. */
export async function activeDivision(
  { divisions }: Pick<Repositories, 'divisions'>,
  accountId: string,
  id: string,
): Promise<Division> {
  const division = ownedBy(accountId, await divisions.find(id), 'division')
  if (division.status === 'active') return division
  throw new Refusal('conflict', 'division_disabled', 'The division is disabled: nothing new is made in it.')
}

async function changed(
  { divisions }: Pick<Repositories, 'divisions'>,
  before: Division,
  { name, description, status }: DivisionChange,
): Promise<Division> {
  const division = {
    ...before,
    ...(name !== undefined && { name: lineText('name', name, 1, 100) }),
    ...(description !== undefined && { description: lineText('description', description, 0, 500) }),
    ...(status && { status }),
  }
  const named = { accountId: division.accountId, name: division.name, offset: 0, limit: 2 }
  requireFreeName('division', division.id, await divisions.list(named))
  return division
}

async function record(
  repositories: Pick<Repositories, 'auditEvents'>,
  at: Date,
  principal: Principal,
  action: string,
  { id, name, description, status }: Division,
): Promise<void> {
  const details = { name, description, status }
  await recordChange(repositories, at, principal, { action, resourceType: 'division', resourceId: id, details })
}
