/** `countersign client-cert rotate` while programs use the certificate as fast as they can: none of them sees a failure. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connectBy } from '../../packages/cli/src/client-cert-platform.ts'
import type { RotationOutcome } from '../../packages/cli/src/client-cert-rotation.ts'
import { missing, type Outcome, run } from '../command.ts'
import { countersign } from '../countersign.ts'
import { type Platform, startPlatform } from '../platform.ts'
import { ROOT } from '../repository.ts'
import { agentWith, make, quickstartProfile, recordsOf, rotate, statusOf, statusWith } from '../rotation-fixture.ts'

let platform: Platform
let folder: string
const printed: string[] = []

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-rotation-'))
  mkdirSync(join(folder, 'data'))
  platform = await startPlatform({ data: join(folder, 'data') })
})
after(async () => {
  await platform.remove()
  rmSync(folder, { recursive: true, force: true })
})

const at = (...path: readonly string[]): string => join(folder, ...path)

async function cli(...args: readonly string[]): Promise<Outcome> {
  const outcome = await countersign(['client-cert', 'rotate', ...args], { cwd: folder })
  printed.push(outcome.stdout, outcome.stderr)
  return outcome
}

const pairIn = (name: string) => ({ kind: 'pem', cert: at(name, 'cert.pem'), key: at(name, 'key.pem') }) as const

async function disable(name: string): Promise<void> {
  const asked = await connectBy(await quickstartProfile(folder))
  const found = await asked.ask(({ clientAuthCertificates }) => clientAuthCertificates.list({ name }))
  await asked.ask(({ clientAuthCertificates }) => clientAuthCertificates.disable(found[0]?.id ?? ''))
  asked.close()
}

test('no request fails while it rotates, whether files are read anew or a connection is kept until told', async (t: TestContext) => {
  await make(folder, { name: 'Pair', out: 'pair' })
  await make(folder, { name: 'Whole', out: 'whole.pem' })
  const pair = pairIn('pair')
  const counts = { anew: 0, whole: 0, kept: 0, reread: 0 }
  const failures: string[] = []
  let isOver = false
  const forAsLong = async (ask: () => Promise<number>, client: 'anew' | 'whole' | 'kept'): Promise<void> => {
    while (!isOver) {
      const status = await ask().catch((error: Error) => error.message)
      if (status !== 200) failures.push(`${client}: ${status}`)
      counts[client]++
    }
  }
  const anew = async (): Promise<number> => {
    try {
      return await statusOf(platform, agentWith(platform, pair.cert, pair.key, false))
    } catch (error) {
      // Two files are opened one after the other: who meets the swap in between reads again, as our document says.
      if (!/key values mismatch/.test(String(error))) throw error
      counts.reread++
      return statusOf(platform, agentWith(platform, pair.cert, pair.key, false))
    }
  }
  const whole = (): Promise<number> => statusOf(platform, agentWith(platform, at('whole.pem'), at('whole.pem'), false))
  let agent = agentWith(platform, pair.cert, pair.key, true)
  const kept = async (): Promise<number> => {
    if (existsSync(at('reload'))) {
      rmSync(at('reload'))
      agent.destroy()
      agent = agentWith(platform, pair.cert, pair.key, true)
    }
    return statusOf(platform, agent)
  }
  const clients = [forAsLong(anew, 'anew'), forAsLong(whole, 'whole'), forAsLong(kept, 'kept')]

  const args = ['--cert', 'pair/cert.pem', '--key', 'pair/key.pem', '--grace', '2s', '--after', 'touch reload']
  const first = await cli(...args)
  t.assert.equal(first.status, 0, first.stderr)
  t.assert.match(
    first.stdout,
    /^Pair → Pair 2 {2}until \d{4}-\d\d-\d\d, in 36\d days\n {2}✓ accepted by the platform\n/,
  )
  t.assert.match(first.stdout, / {2}✓ pair\/cert\.pem, pair\/key\.pem, pair\/chain\.pem\n {2}✓ ran touch reload\n/)
  t.assert.match(first.stdout, / {2}· Pair counts too until .* UTC; the next run after that disables it\n$/)
  t.assert.equal((await cli('--cert', 'whole.pem', '--grace', '2s')).status, 0)
  t.assert.equal(
    (await rotate(folder, pair, { graceMs: 5_000, reload: async () => writeFileSync(at('reload'), '') })).rotated,
    true,
  )
  t.assert.deepEqual((await recordsOf(folder, 'Pair')).slice(1), ['Pair 2: counts', 'Pair 3: counts'])
  while (existsSync(at('reload'))) await delay(5)
  await delay(2_000)

  // By the clock: nothing is due, but what has had its grace ends.
  const last = await cli('--cert', 'whole.pem', '--days', '30')
  t.assert.match(
    last.stdout,
    /^✓ whole\.pem {2}until .*: more than 30 days, nothing to rotate\n {2}✓ Whole is disabled\n$/,
  )
  const again = await cli('--cert', 'whole.pem', '--days', '400', '--grace', '1h')
  t.assert.match(
    again.stdout,
    /^Whole 2 → Whole 3 .*\n(?: {2}✓ .*\n)+ {2}! it ends within 400 days, too: each run rotates\n/,
  )
  const ended: RotationOutcome = await rotate(folder, pair, {
    withinDays: 30,
    now: () => new Date(Date.now() + 60_000),
  })
  t.assert.equal(ended.rotated, false)
  t.assert.deepEqual(ended.retiring, [])
  t.assert.deepEqual(await recordsOf(folder, 'Pair'), ['Pair: disabled', 'Pair 2: disabled', 'Pair 3: counts'])
  const before = { ...counts }
  while (counts.anew < before.anew + 3 || counts.kept < before.kept + 3 || counts.whole < before.whole + 3)
    await delay(5)
  isOver = true
  await Promise.all(clients)
  agent.destroy()
  t.assert.deepEqual(failures, [])
  t.assert.ok(counts.reread <= 2, 'at most once for each swap')
  t.diagnostic(`${counts.anew} reading two files, ${counts.whole} reading one, ${counts.kept} on a kept connection`)
})

test('files keep their form, mode and place: PKCS#12, and a certificate apart from its key', async (t: TestContext) => {
  const password = 'Correct-Horse-9'
  const p12 = { kind: 'pkcs12', file: at('signer.p12'), password } as const
  await make(folder, { name: 'Signer', out: 'signer.p12', password, keyType: 'Ed25519' })
  writeFileSync(at('password.txt'), password)
  chmodSync(p12.file, 0o640)
  const { status, stdout, stderr } = await cli('--p12', 'signer.p12', '--p12-password-file', 'password.txt', '--json')
  t.assert.equal(status, 0, stderr)
  const told = JSON.parse(stdout)
  t.assert.deepEqual(
    [told.rotated, told.resumed, told.certificate.name, told.previous.name],
    [true, false, 'Signer 2', 'Signer'],
  )
  t.assert.deepEqual([told.files, told.disabled, told.retiring.length], [[p12.file], [], 1])
  t.assert.equal(statSync(p12.file).mode & 0o777, 0o640)
  t.assert.equal(await statusWith(platform, p12), 200)
  if (!missing('openssl')) {
    const shown = await run('openssl', ['pkcs12', '-in', p12.file, '-nodes', '-passin', `pass:${password}`])
    t.assert.match(shown.stdout, /friendlyName: Signer 2/)
    t.assert.equal(shown.stdout.match(/BEGIN CERTIFICATE/g)?.length, 2)
  }

  const { files } = await make(folder, { name: 'Apart', out: 'apart' })
  mkdirSync(at('private'))
  writeFileSync(at('private/apart.key'), readFileSync(at('apart/key.pem')), { mode: 0o600 })
  for (const file of files) if (!file.endsWith('cert.pem')) rmSync(file)
  const apart = { kind: 'pem', cert: at('apart/cert.pem'), key: at('private/apart.key') } as const
  await rotate(folder, apart)
  t.assert.equal(await statusWith(platform, apart), 200)
  t.assert.equal(statSync(apart.key).mode & 0o777, 0o600)
  await rotate(folder, apart, { keyType: 'RSA-2048', exp: new Date(Date.now() + 5 * 86_400_000).toISOString() })
  t.assert.equal(await statusWith(platform, apart), 200)
  const due = await rotate(folder, apart, { withinDays: 30 })
  t.assert.deepEqual([due.rotated, due.certificate.publicKey.type], [true, 'RSA'])
})

test('the old one counts until what reads the files has done so', async (t: TestContext) => {
  await make(folder, { name: 'Hook', out: 'hook' })
  const args = ['--cert', 'hook/cert.pem', '--key', 'hook/key.pem', '--grace', '0']
  const failed = await cli(...args, '--after', 'echo not today; exit 3')
  t.assert.equal(failed.status, 1)
  t.assert.match(
    failed.stderr,
    /not today\n.*"echo not today; exit 3" ended with status 3\.\nThe old certificate goes on/s,
  )
  t.assert.deepEqual(await recordsOf(folder, 'Hook'), ['Hook: counts', 'Hook 2: counts'])
  const next = await cli(...args, '--after', 'touch reloaded')
  t.assert.match(next.stdout, /^Hook → Hook 2 .* finished what an earlier run began\n.*✓ Hook is disabled\n$/s)
  t.assert.ok(existsSync(at('reloaded')))
  t.assert.deepEqual(await recordsOf(folder, 'Hook'), ['Hook: disabled', 'Hook 2: counts'])
})

test('what was begun and is of no use any more is given up for another', async (t: TestContext) => {
  await make(folder, { name: 'Vain', out: 'vain' })
  const died = new Error('the end of the process')
  const dieAt = (last: string) => (step: string) => {
    if (step === last) throw died
  }
  const files = pairIn('vain')
  await t.assert.rejects(rotate(folder, files, { done: dieAt('recorded') }), died)
  await disable('Vain 2')
  const again = await rotate(folder, files, { graceMs: 0 })
  t.assert.deepEqual([again.rotated, again.made?.name], [true, 'Vain 3'])
  t.assert.deepEqual(await recordsOf(folder, 'Vain'), ['Vain: disabled', 'Vain 2: disabled', 'Vain 3: counts'])

  // Somebody puts another certificate into the files meanwhile.
  await t.assert.rejects(rotate(folder, files, { done: dieAt('proved') }), died)
  await make(folder, { name: 'Other', out: 'vain', force: true })
  const other = await rotate(folder, files, { withinDays: 1 })
  t.assert.equal(other.rotated, false)
  t.assert.equal(await statusWith(platform, files), 200)
  t.assert.deepEqual((await recordsOf(folder, 'Vain')).slice(2), ['Vain 3: counts', 'Vain 4: disabled'])
  t.assert.equal((await rotate(folder, files)).made?.name, 'Other 2')
  t.assert.equal(await statusWith(platform, files), 200)
})

test('two runs at once do not meet, and a damaged record is said', async (t: TestContext) => {
  await make(folder, { name: 'Twice', out: 'twice' })
  const files = pairIn('twice')
  const outcomes = await Promise.allSettled([rotate(folder, files), rotate(folder, files)])
  t.assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult
  t.assert.match(String(refused.reason), /Another run rotates these files now/)
  t.assert.deepEqual(await recordsOf(folder, 'Twice'), ['Twice: counts', 'Twice 2: counts'])

  // One that looked before the other was done, and got its turn after it.
  const exp = new Date(Date.now() + 5 * 86_400_000).toISOString()
  await make(folder, { name: 'Late', out: 'late', exp })
  let isFirst = true
  const late = await rotate(folder, pairIn('late'), {
    withinDays: 30,
    now: () => {
      if (isFirst) spawnSync(process.execPath, [join(ROOT, 'test/rotation-crash.ts'), folder, 'late', 'never'])
      isFirst = false
      return new Date()
    },
  })
  t.assert.equal(late.rotated, false)
  t.assert.deepEqual(await recordsOf(folder, 'Late'), ['Late: disabled', 'Late 2: counts'])

  for (const damaged of ['', '{', '[]', '{"retiring":[{}]}', '{"retiring":[],"rotation":{"previous":1}}']) {
    writeFileSync(at('twice/.cert.pem.rotation/state.json'), damaged)
    await t.assert.rejects(rotate(folder, files), /state\.json is damaged\. Delete it/)
  }
  t.assert.equal(await statusWith(platform, files), 200)

  const { files: other } = await make(folder, { name: 'Blocked', out: 'blocked' })
  t.assert.equal(other.length, 3)
  writeFileSync(at('blocked/.cert.pem.rotation'), '')
  await t.assert.rejects(
    rotate(folder, pairIn('blocked')),
    /\.cert\.pem\.rotation can't be written: something else is there\.$/,
  )
  t.assert.deepEqual(await recordsOf(folder, 'Blocked'), ['Blocked: counts'])
})

test('nothing that was printed holds a secret', (t: TestContext) => {
  const all = printed.join('\n')
  t.assert.ok(all.length > 500)
  t.assert.doesNotMatch(all, /PRIVATE KEY|Correct-Horse/)
  for (const name of ['pair', 'hook']) {
    const [, body = 'none'] = readFileSync(at(name, 'key.pem'), 'utf8').split('\n')
    t.assert.ok(!all.includes(body))
  }
  t.assert.ok(!all.includes(platform.account.service_api_key))
})
