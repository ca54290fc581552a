import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodePem } from '@countersign/codec'
import { pictureNaming, store } from '../../../../test/named-store.ts'
import type { ContentToVerify, VerifiedContent } from '../../src/domain/verification-engine.ts'
import {
  createVerificationThreads,
  type VerificationLimits,
  type VerificationThreads,
} from '../../src/threads/verification-engine.ts'

const VECTORS = new URL('../../../../test/vectors/c2pa/', import.meta.url)
const root = new Uint8Array(decodePem(readFileSync(new URL('trust/vectors-root.pem', VECTORS), 'utf8'))[0]!.bytes)
const never = new AbortController().signal

function content(change: Partial<ContentToVerify> = {}): ContentToVerify {
  return {
    bytes: new Uint8Array(readFileSync(new URL('ok-es256.jpg', VECTORS))),
    trust: { key: 'root', signers: [root], timeStamps: [] },
    now: new Date('2026-11-23T00:00:00Z'),
    style: 'reader',
    fetchers: undefined,
    onSpent: () => {},
    ...change,
  }
}

function engineOf(t: TestContext, limits: Partial<VerificationLimits> = {}): VerificationThreads {
  const engine = createVerificationThreads({ threads: 1, ...limits })
  t.after(() => engine.stop())
  return engine
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

test('a file is verified by the lists that come with it, in either report', async (t: TestContext) => {
  const engine = engineOf(t)
  const trusted = await engine.verify(content(), never)
  t.assert.deepEqual([trusted.state, trusted.format], ['Trusted', 'image/jpeg'])
  t.assert.equal(JSON.parse(text(trusted.report)).validation_state, 'Trusted')
  const empty = { key: 'empty', signers: [], timeStamps: [] }
  t.assert.equal((await engine.verify(content({ trust: empty }), never)).state, 'Valid')
  t.assert.equal((await engine.verify(content(), never)).state, 'Trusted')
  t.assert.ok(JSON.parse(text((await engine.verify(content({ style: 'crjson' }), never)).report))['@context'])
  const nothing = await engine.verify(content({ bytes: new Uint8Array(9) }), never)
  t.assert.deepEqual([nothing.state, nothing.format], ['Invalid', undefined])
})

test('a file past its deadline is ended with a sentence, its time is told, and its thread is replaced', async (t: TestContext) => {
  // No thread starts within a millisecond; what comes after has all the time there is.
  const deadline = { baseMs: 1, bytesOfMs: 1e9 }
  const engine = engineOf(t, { deadline })
  const spent: number[] = []
  const late = engine.verify(content({ onSpent: (milliseconds) => void spent.push(milliseconds) }), never)
  await t.assert.rejects(late, {
    name: 'Refusal',
    reason: 'invalid',
    message:
      'Invalid parameter image. Its verification was ended: it takes longer than the 0 seconds that it is given.',
  })
  t.assert.equal(spent.length, 1)
  deadline.baseMs = 60_000
  t.assert.equal((await engine.verify(content(), never)).state, 'Trusted')
})

test('a file that is given up frees its thread, or its place in the queue', async (t: TestContext) => {
  const engine = engineOf(t, { abandonedMs: 0 })
  const [running, waiting] = [new AbortController(), new AbortController()]
  const outcomes = Promise.allSettled([
    engine.verify(content(), running.signal),
    engine.verify(content(), waiting.signal),
    engine.verify(content(), never),
  ])
  waiting.abort(new Error('left the queue'))
  running.abort(new Error('left the thread'))
  const [first, second, third] = await outcomes
  t.assert.deepEqual(
    [first!, second!].map((outcome) => (outcome.status === 'rejected' ? outcome.reason.message : outcome.status)),
    ['left the thread', 'left the queue'],
  )
  t.assert.equal(third!.status, 'fulfilled')
  await t.assert.rejects(engine.verify(content(), AbortSignal.abort(new Error('was gone'))), /was gone/)
})

test('more than may wait is refused at once, by number and by size, and what waits is done', async (t: TestContext) => {
  const { length } = content().bytes
  for (const limits of [{ maxWaiting: 3 }, { maxWaitingBytes: length * 3 }]) {
    const engine = engineOf(t, limits)
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => engine.verify(content(), never)))
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    t.assert.equal(outcomes.length - refused.length, 4)
    for (const { reason } of refused) t.assert.equal(reason.reason, 'unavailable')
  }
})

test('stop waits for what is being done and takes nothing new', async (t: TestContext) => {
  const engine = engineOf(t)
  const verifying = engine.verify(content(), never)
  const stopped = engine.stop()
  await t.assert.rejects(engine.verify(content(), never), { reason: 'unavailable' })
  t.assert.equal((await verifying).state, 'Trusted')
  await stopped
})

const codesOf = (verified: VerifiedContent): string[] =>
  (JSON.parse(text(verified.report)).validation_status ?? []).map(({ code }: { code: string }) => code)
const named = (): ContentToVerify => content({ bytes: pictureNaming('https://example.com/store.c2pa') })

test('what a file names is fetched on the main thread, where there is a fetcher for it', async (t: TestContext) => {
  const engine = engineOf(t)
  const asked: string[] = []
  const manifestStore = async (url: string): Promise<Uint8Array> => {
    asked.push(url)
    return new Uint8Array(store)
  }
  t.assert.deepEqual(codesOf(await engine.verify(named(), never)), ['manifest.inaccessible'])
  t.assert.deepEqual(codesOf(await engine.verify({ ...named(), fetchers: {} }, never)), ['manifest.inaccessible'])
  const failing = { manifestStore: () => Promise.reject(new Error('gone')) }
  t.assert.deepEqual(codesOf(await engine.verify({ ...named(), fetchers: failing }, never)), ['manifest.inaccessible'])
  t.assert.deepEqual(asked, [])
  // It is another picture's.
  const verified = await engine.verify({ ...named(), fetchers: { manifestStore } }, never)
  t.assert.ok(codesOf(verified).includes('assertion.dataHash.mismatch'))
  t.assert.deepEqual(asked, ['https://example.com/store.c2pa'])
})

test('while something is fetched, time stands still and others are verified', async (t: TestContext) => {
  const engine = engineOf(t, { deadline: { baseMs: 2000, bytesOfMs: 1e9 }, moreThreads: 1 })
  await engine.verify(content(), never)
  let answer = (_bytes: Uint8Array): void => {}
  let begun = (): void => {}
  const hasBegun = new Promise<void>((resolve) => {
    begun = resolve
  })
  const manifestStore = (): Promise<Uint8Array> =>
    new Promise((resolve) => {
      answer = resolve
      begun()
    })
  const spent: number[] = []
  const onSpent = (milliseconds: number): void => void spent.push(milliseconds)
  const slow = engine.verify({ ...named(), fetchers: { manifestStore }, onSpent }, never)
  await hasBegun
  t.assert.equal((await engine.verify(content(), never)).state, 'Trusted')
  await sleep(2200)
  answer(new Uint8Array(store))
  t.assert.ok(codesOf(await slow).includes('assertion.dataHash.mismatch'))
  // What was waited for is nothing that a thread was at.
  t.assert.ok(spent.length === 1 && (spent[0] as number) < 2200, `${spent}`)
})

test('who leaves while something is fetched frees the thread', async (t: TestContext) => {
  const engine = engineOf(t, { abandonedMs: 0, moreThreads: 0 })
  const leaving = new AbortController()
  const manifestStore = (): Promise<Uint8Array> => {
    leaving.abort(new Error('left'))
    return new Promise(() => undefined)
  }
  await t.assert.rejects(engine.verify({ ...named(), fetchers: { manifestStore } }, leaving.signal), /left/)
  t.assert.equal((await engine.verify(content(), never)).state, 'Trusted')
})
