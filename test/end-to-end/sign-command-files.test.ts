/** `countersign sign` and what it finds: every format, what stands there already, what makes no sense. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import type { Outcome } from '../command.ts'
import { countersign, type SignLine, signLines, wordsOf } from '../countersign.ts'
import { judge, type ReaderReport } from '../judge.ts'
import { type Platform, startPlatform } from '../platform.ts'
import { ROOT } from '../repository.ts'

const SAMPLES = join(ROOT, 'test/vectors/media')

let platform: Platform
let folder: string

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-sign-'))
  mkdirSync(join(folder, 'data'))
  platform = await startPlatform({ data: join(folder, 'data') })
  const picture = readFileSync(platform.quickstart('picture.jpg'))
  write('photos/a.jpg', picture)
  write('photos/below/b.jpg', picture)
  write('photos/notes.txt', 'no picture')
})
after(async () => {
  await platform.remove()
  rmSync(folder, { recursive: true, force: true })
})

const at = (path: string): string => join(folder, path)
const text = (path: string): string => readFileSync(at(path), 'utf8')
function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(at(path)), { recursive: true })
  writeFileSync(at(path), content)
}

const sign = (args: string, env: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
  countersign(['sign', ...wordsOf(args)], { cwd: folder, env })

const judged = (path: string, format = 'image/jpeg'): Promise<ReaderReport> =>
  judge(format, readFileSync(at(path)), platform.ca)

test('every format that is signed there is signed here', async (t: TestContext) => {
  const { status, stdout } = await sign(`${SAMPLES} --out media --json --no-thumbnail`)
  t.assert.equal(status, 0, stdout)
  const { lines } = signLines({ status, stdout, stderr: '' })
  const signed = lines.filter((line) => line.status === 'signed') as (SignLine & { media_type: string; out: string })[]
  t.assert.ok(new Set(signed.map(({ media_type }) => media_type)).size >= 14, stdout)
  const files = signed.map(({ out }) => out)
  const verified = await countersign(['verify', ...files, '--trust', 'data/ca.pem'], { cwd: folder })
  t.assert.equal(verified.status, 0, verified.stdout)
})

test('what stands there already is not touched unless it is signed, whole and newer', async (t: TestContext) => {
  write('stand/in/a.jpg', readFileSync(at('photos/a.jpg')))
  t.assert.equal((await sign('stand/in --out stand/out')).status, 0)
  const signed = readFileSync(at('stand/out/a.jpg'))
  const touched = async (change: () => void, why: RegExp): Promise<void> => {
    writeFileSync(at('stand/out/a.jpg'), signed)
    change()
    const { status, stdout } = await sign('stand/in --out stand/out')
    t.assert.equal(status, 1)
    t.assert.match(stdout, why)
  }
  await touched(() => utimesSync(at('stand/out/a.jpg'), 1, 1), /is there already, and it is older than/)
  await touched(
    () => writeFileSync(at('stand/out/a.jpg'), signed.subarray(0, -9)),
    /its Content Credentials do not hold/,
  )
  await touched(() => write('stand/out/a.jpg', text('photos/notes.txt')), /it has no Content Credentials/)
  t.assert.equal((await sign('stand/in --out stand/out --force')).status, 0)
  t.assert.equal((await judged('stand/out/a.jpg')).validation_state, 'Trusted')
  // A copy of what was signed elsewhere is not what signing it gives.
  write('again/in/a.jpg', signed)
  write('again/out/a.jpg', signed)
  t.assert.match((await sign('again/in --out again/out')).stdout, /it is the same as what is to be signed/)
  t.assert.match(
    (await sign('again/in --out again/in')).stderr,
    /is to be signed itself: --out has to be another place/,
  )
})

test('what makes no sense is said before anything is signed', async (t: TestContext) => {
  const headers = { 'x-api-key': platform.account.admin_api_key }
  const found = await platform.request('api', '/documentmanager/api/v2/credential', { headers })
  const byId = found.json<{ id: string; nickname: string }[]>().find(({ nickname }) => nickname === 'quickstart')?.id
  for (const [args, expected, sentence, env] of [
    ['nowhere --out x', 2, /^nowhere can't be read: there is no such file$/m],
    ['photos', 2, /--out/],
    ['photos --out x --jobs many', 2, /It takes a number from 1 to 256/],
    ['photos --out x --digital-source-type pencil', 2, /^--digital-source-type takes a term .*: digitalCapture, /m],
    ['photos --out x --credential-id nobody', 2, /^There is no credential "nobody" that you may use/m],
    [
      `photos --out x --credential-id ${byId}`,
      2,
      /^quickstart has a PIN: name a file that holds it by --credential-pin/m,
    ],
    ['data/quickstart/account.json --out x', 1, /^$/],
    ['photos --out x', 2, /nobody said which platform/, { COUNTERSIGN_CREDENTIAL_PIN: '1' }],
  ] as const) {
    const { status, stderr } = await sign(args, env)
    t.assert.equal(status, expected, `${args}: ${stderr}`)
    t.assert.match(stderr, sentence)
    t.assert.equal(existsSync(at('x')), false)
  }
  mkdirSync(at('empty'))
  const { status, stderr } = await sign('empty --out x')
  t.assert.deepEqual([status, stderr], [3, 'There is nothing to sign.\n'])
})
