/** Enrollment over Secure Transport, spoken by the client of Bouncy Castle, which we did not write. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { newPasscode } from '../../src/domain/passcode.ts'
import { enrollmentRight } from '../store/noun.ts'
import { startTestPlatform } from './test-platform.ts'

/** Where the jars of Bouncy Castle lie; as Debian has them, unless told. */
const FOLDER = process.env.BOUNCY_CASTLE_JARS ?? '/usr/share/java'

function jars(): readonly string[] {
  const wanted = [/^bcprov\b.*\.jar$/, /^bcutil\b.*\.jar$/, /^bcpkix\b.*\.jar$/]
  try {
    const there = readdirSync(FOLDER)
    const found = wanted.map((name) => there.find((file) => name.test(file)))
    return found.every((file) => file !== undefined) ? found.map((file) => join(FOLDER, file)) : []
  } catch {
    return []
  }
}

const skip =
  spawnSync('java', ['-version']).error !== undefined
    ? 'there is no java here'
    : jars().length === 0 && `there is no Bouncy Castle in ${FOLDER}: BOUNCY_CASTLE_JARS says where it is`

const SOURCE = new URL('est-client.java', import.meta.url).pathname

test('Bouncy Castle gets authorities, wishes, certificates and keys, and renews', { skip }, async (t: TestContext) => {
  const platform = await startTestPlatform()
  const folder = mkdtempSync(join(tmpdir(), 'countersign-est-client-'))
  t.after(async () => {
    await platform.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const { account, port, world } = platform
  const { text, proof } = newPasscode(world.keys, 32)
  await world.store.enrollmentRights.add(
    enrollmentRight({ accountId: account.account_id, enrollmentProfileId: account.enrollment_profile_id }, { proof }),
  )
  // Java finds names under .localhost nowhere.
  writeFileSync(join(folder, 'hosts'), '127.0.0.1 countersign.localhost clientauth.countersign.localhost\n')
  const said = await java([
    `-Djdk.net.hosts.file=${join(folder, 'hosts')}`,
    ...['-cp', jars().join(delimiter), SOURCE],
    ...[`countersign.localhost:${port}`, `clientauth.countersign.localhost:${port}`],
    ...[account.enrollment_profile_id, text, join(platform.folder, 'ca.pem')],
  ])
  t.assert.deepEqual(
    said.map((line) => line.replace(/ CA [0-9A-F]+$/, ' CA')).sort(),
    [
      'authority O=Countersign,CN=Countersign Device CA',
      'authority O=Countersign,CN=Countersign Root CA',
      'enrolled CN=bouncy true',
      'made here CN=bouncy true',
      'renewed CN=bouncy true',
      'wishes true',
    ],
    said.join('\n'),
  )
})

/** What it prints, line by line; what it complains of, if it does. */
function java(args: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn('java', args)
    const printed: string[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => printed.push(String(piece)))
    child.on('error', reject)
    child.on('close', () => resolve(printed.join('').trim().split('\n')))
  })
}
