import { randomUUID } from 'node:crypto'
import { before, type TestContext, test } from 'node:test'
import type { CustomRole } from '../../src/domain/custom-role.ts'
import { PERMISSIONS } from '../../src/domain/permission.ts'
import { ADMINISTRATOR_ROLES, PLATFORM_ROLES, permissionsOfRoles } from '../../src/domain/role.ts'
import type { Store } from '../../src/domain/store.ts'
import { account, NOW, user } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

onBothDatabases('roles', (database) => {
  let store: Store
  before(async () => {
    store = await database.open()
  })

  test('what a user may do is what its roles let it and what it was given beside them', async (t: TestContext) => {
    const owner = account()
    await store.accounts.add(owner)
    const signer = user(owner.id, {
      roles: ['CTM_SIGNER'],
      permissions: ['SIGN_CTM_CONTENT', 'VIEW_CTM_CREDENTIAL', 'VIEW_IOT_CERTIFICATE'],
    })
    await store.users.add(signer)
    t.assert.deepEqual(await store.users.find(signer.id), signer)
    await store.users.update({ ...signer, roles: [], permissions: ['VIEW_IOT_CERTIFICATE'] })
    t.assert.deepEqual((await store.users.find(signer.id))?.permissions, ['VIEW_IOT_CERTIFICATE'])
  })

  test('an administrator of before roles has what a new one has, and others keep what they had', async (t: TestContext) => {
    const place = await database.place()
    const old = await database.open(place)
    const owner = account()
    await old.accounts.add(owner)
    const [jane, service] = [
      user(owner.id, { kind: 'standard', permissions: ['MANAGE_AM_ACCOUNT', 'SIGN_CTM_CONTENT'] }),
      user(owner.id, { permissions: ['SIGN_CTM_CONTENT', 'VIEW_IOT_CERTIFICATE'] }),
    ]
    for (const one of [jane, service]) await old.users.add(one)
    // As the schema was.
    const steps = "'0008-roles', '0014-platform-roles'"
    await database.raw(place, `alter table users drop column roles; delete from migrations where name in (${steps})`)
    const store = await database.open(place)
    const administrator = await store.users.find(jane.id)
    t.assert.deepEqual(administrator?.roles, [...ADMINISTRATOR_ROLES, ...PLATFORM_ROLES])
    t.assert.deepEqual([...administrator!.permissions].sort(), [...PERMISSIONS].sort())
    t.assert.deepEqual(await store.users.find(service.id), service)
  })

  test('what a role of the account lets do, users may as long as they have it and it says so', async (t: TestContext) => {
    const owner = account()
    await store.accounts.add(owner)
    const role: CustomRole = {
      id: randomUUID(),
      accountId: owner.id,
      name: 'Picture desk',
      applicationCode: 'content_trust_manager',
      description: '',
      permissions: ['SIGN_CTM_CONTENT', 'VIEW_CTM_TRUST_LIST'],
      createdAt: NOW,
      createdBy: randomUUID(),
    }
    await store.roles.add(role)
    const twin = store.roles.add({ ...role, id: randomUUID(), name: 'PICTURE desk' })
    await t.assert.rejects(twin, { reason: 'conflict', code: 'role_exists' })
    t.assert.deepEqual(await store.roles.list(owner.id), [role])
    const desk = user(owner.id, { roles: ['IOT_VIEW_ONLY', role.id], permissions: ['VIEW_AM_USER'] })
    await store.users.add(desk)
    const may = async () => [...((await store.users.find(desk.id))?.permissions ?? [])].sort()
    const always = ['VIEW_AM_USER', ...permissionsOfRoles(['IOT_VIEW_ONLY'])].sort()
    t.assert.deepEqual(await may(), [...always, 'SIGN_CTM_CONTENT', 'VIEW_CTM_TRUST_LIST'].sort())
    await store.roles.update({ ...role, permissions: ['MANAGE_CTM_CREDENTIAL'] })
    t.assert.deepEqual(await may(), ['MANAGE_CTM_CREDENTIAL', ...always])
    // Whatever a user was read as before, it may what its roles say now.
    const before = (await store.users.find(desk.id))!
    await store.roles.update({ ...role, permissions: ['SIGN_CTM_CONTENT'] })
    await store.users.update({ ...before, friendlyName: 'Renamed' })
    t.assert.deepEqual(await may(), ['SIGN_CTM_CONTENT', ...always])
    await store.users.update({ ...before, roles: ['IOT_VIEW_ONLY'] })
    t.assert.deepEqual(await may(), always)
    await store.roles.remove(role.id)
    t.assert.equal(await store.roles.find(role.id), undefined)
  })
})
