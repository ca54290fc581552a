/** `countersign sign`, as people and scripts use it, against a platform. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import type { Outcome } from '../command.ts'
import { countersign, signLines, wordsOf } from '../countersign.ts'
import { activeManifest, judge, type ReaderReport } from '../judge.ts'
import { type Platform, startPlatform } from '../platform.ts'

const HINT = /^Using data\/quickstart, trusting data\/ca\.pem\n/

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
function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(at(path)), { recursive: true })
  writeFileSync(at(path), content)
}

const sign = (args: string, env: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
  countersign(['sign', ...wordsOf(args)], { cwd: folder, env })

const judged = (path: string, format = 'image/jpeg'): Promise<ReaderReport> =>
  judge(format, readFileSync(at(path)), platform.ca)

for (const remote of ['', ' --remote']) {
  const out = remote === '' ? 'local' : 'remote'

  test(`a folder is signed by nothing but its name${remote}, and goes on where it stopped`, async (t: TestContext) => {
    const first = await sign(`photos --out ${out}${remote}`)
    t.assert.equal(first.status, 0, first.stderr)
    t.assert.match(first.stderr, HINT)
    const [notes, ...lines] = first.stdout.trim().split('\n')
    t.assert.equal(notes, '– photos/notes.txt: not of a format that is signed')
    t.assert.match(lines.pop() ?? '', /^2 signed, 1 not to be signed {2}in /)
    // As they are done.
    t.assert.deepEqual(lines.toSorted(), [`✓ ${out}/a.jpg`, `✓ ${out}/below/b.jpg`])
    const report = await judged(`${out}/below/b.jpg`)
    t.assert.equal(report.validation_state, 'Trusted')
    const { title, thumbnail, signature_info } = activeManifest(report)
    t.assert.equal(title, remote === '' ? 'b.jpg' : 'signed-b.jpg')
    t.assert.equal(thumbnail?.format, 'image/jpeg')
    t.assert.equal(typeof signature_info.time, 'string')

    const before = statSync(at(`${out}/a.jpg`)).mtimeMs
    rmSync(at(`${out}/below/b.jpg`))
    const second = signLines(await sign(`photos --out ${out} --json${remote}`))
    const statuses = new Map(second.lines.map(({ file, status }) => [file, status]))
    t.assert.deepEqual(
      statuses,
      new Map([
        ['photos/notes.txt', 'other'],
        ['photos/a.jpg', 'present'],
        ['photos/below/b.jpg', 'signed'],
      ]),
    )
    t.assert.equal(statSync(at(`${out}/a.jpg`)).mtimeMs, before)
    const line = second.lines.find(({ status }) => status === 'signed')
    t.assert.equal(line?.manifest_label, (await judged(`${out}/below/b.jpg`)).active_manifest)
    const { signed, present, failed, other, whole } = second.summary
    t.assert.deepEqual([signed, present, failed, other, whole], [1, 1, 0, 1, true])
  })

  test(`the manifest says what it is told to${remote}`, async (t: TestContext) => {
    const flags = '--title A~gradient --digital-source-type TrainedAlgorithmicMedia --no-thumbnail --no-timestamp'
    const { status, stdout, stderr } = await sign(`photos/a.jpg --out ${out}-told.jpg ${flags}${remote}`)
    t.assert.equal(status, 0, stderr)
    t.assert.equal(stdout, `✓ ${out}-told.jpg\n`)
    const { title, thumbnail, signature_info, assertions } = activeManifest(await judged(`${out}-told.jpg`))
    t.assert.deepEqual([title, thumbnail, signature_info.time], ['A gradient', undefined, undefined])
    t.assert.match(JSON.stringify(assertions), /digitalsourcetype\/trainedAlgorithmicMedia/)
  })

  test(`a file at fault is named, the others are signed${remote}`, async (t: TestContext) => {
    write('faults/a.jpg', readFileSync(at('photos/a.jpg')))
    write('faults/broken.jpg', readFileSync(at('photos/a.jpg')).subarray(0, 300))
    const { status, stdout } = await sign(`faults photos/notes.txt --out ${out}-faults${remote}`)
    t.assert.equal(status, 1)
    t.assert.match(stdout, /^✗ photos\/notes\.txt: not of a format that is signed: JPEG, /)
    t.assert.match(stdout, /^✗ faults\/broken\.jpg: The JPEG is damaged: it ends inside a segment at offset \d+\.$/m)
    t.assert.match(stdout, /^1 signed, 2 failed/m)
    t.assert.deepEqual(readdirSync(at(`${out}-faults`)), ['a.jpg'])
  })

  test(`a wrong PIN is tried once, and said to be wrong${remote}`, async (t: TestContext) => {
    write('wrong.pin', 'not-the-pin-1\n')
    const id = platform.account.credential_id
    const { base_url } = platform.account
    const who = `--base-url ${base_url} --ca data/ca.pem --cert data/quickstart/cert.pem --key data/quickstart/key.pem`
    const { status, stdout, stderr } = await sign(
      `photos --out ${out}-pin ${who} --credential-id ${id} --credential-pin-file wrong.pin${remote}`,
    )
    t.assert.equal(status, 2)
    t.assert.match(stderr, /^The PIN is invalid\. It is that of --credential-pin-file\. It was tried once; five wrong/m)
    t.assert.match(stdout, /Stopped: 0 of 2 signed\./)
    t.assert.equal(existsSync(at(`${out}-pin/a.jpg`)), false)
    const key = { 'x-api-key': platform.account.admin_api_key }
    const found = await platform.request('api', `/documentmanager/api/v2/credential/${id}`, { headers: key })
    t.assert.equal(found.json().pin_attempts_left, 4)
    t.assert.equal((await sign(`photos/a.jpg --out ${out}-right.jpg${remote}`)).status, 0)
  })
}
