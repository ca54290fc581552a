import { createHash } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { digest, type Signer } from '@countersign/pki'
import { judge } from '../../../../test/judge.ts'
import { noise } from '../../../../test/pictures.ts'
import type { ContentToSign, SignedSummary } from '../../src/domain/content-engine.ts'
import { signatureParameters } from '../../src/domain/signature-parameters.ts'
import { signingCredential } from '../../src/domain/signing-credential.ts'
import { timeStamp } from '../../src/domain/time-stamp.ts'
import { trustLists } from '../../src/domain/trust-settings.ts'
import { type ContentThreads, createContentThreads, type EngineLimits } from '../../src/threads/content-engine.ts'
import { startedWorld } from '../test-world.ts'

type Change = Partial<Omit<ContentToSign, 'image'>>
type Bench = {
  readonly engine: ContentThreads
  readonly signer: Signer
  /** PEM of the root. */
  readonly anchors: string
  /** A signing of a copy of the image, for it is given away. */
  content(image: Uint8Array, change?: Change): ContentToSign
}

async function bench(t: TestContext, limits: Partial<EngineLimits> = {}): Promise<Bench> {
  const world = await startedWorld(t)
  const engine = createContentThreads({ inlineBytes: 0, ...limits })
  t.after(() => engine.stop())
  const account = (await world.store.accounts.find(world.quickstart.facts.account_id))!
  const parameters = signatureParameters({
    hashAlgo: 'SHA256',
    signAlgo: '1.2.840.10045.4.3.2',
    signAlgoParams: 'MTIzNDQ=',
  })
  const user = (await world.store.users.find(world.quickstart.facts.service_user_id))!
  const chosen = { named: undefined, pin: undefined }
  const credential = await signingCredential(world, { user, account }, parameters, chosen)
  const trust = await trustLists(world)
  const root = trust.signers[0]!
  return {
    engine,
    signer: credential.signer,
    anchors: `-----BEGIN CERTIFICATE-----\n${Buffer.from(root).toString('base64')}\n-----END CERTIFICATE-----\n`,
    content: (image, change = {}) => ({
      image: new Uint8Array(image),
      imageHash: digest('sha256', image),
      signer: credential.signer,
      certificates: credential.certificate.chain,
      hashAlgorithm: 'sha256',
      title: 'test',
      parentTitle: 'parent',
      generator: { name: 'Test', version: '1' },
      digitalSourceType: undefined,
      thumbnail: undefined,
      assertions: [],
      timeStamp: (request) => timeStamp(world, request),
      ocspResponses: [],
      trust,
      now: new Date(),
      encoding: 'bytes',
      isReported: true,
      onSigned: async () => {},
      ...change,
    }),
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

for (const [where, inlineBytes] of [
  ['on a thread', 0],
  ['on the spot', 10_000_000],
] as const) {
  test(`${where}: a file is signed, recorded and verified, and c2pa-rs trusts it`, async (t: TestContext) => {
    const { engine, content, anchors } = await bench(t, { inlineBytes })
    const image = await noise('image/jpeg', 200, 200)
    const summaries: SignedSummary[] = []
    const onSigned = async (summary: SignedSummary): Promise<void> => void summaries.push(summary)
    const signed = await engine.sign(content(image, { onSigned }))
    t.assert.equal(signed.verdict?.state, 'Trusted')
    t.assert.deepEqual(summaries, [signed.summary])
    t.assert.equal(Buffer.from(signed.summary.inputHash).toString('hex'), sha256(image))
    t.assert.equal(Buffer.from(signed.summary.outputHash).toString('hex'), sha256(Buffer.concat(signed.contents)))
    t.assert.equal((await judge('image/jpeg', Buffer.concat(signed.contents), anchors)).validation_state, 'Trusted')

    const encoded = await engine.sign(content(image, { encoding: 'base64', onSigned }))
    const file = Buffer.from(Buffer.concat(encoded.contents).toString(), 'base64')
    t.assert.equal(Buffer.from(encoded.summary.outputHash).toString('hex'), sha256(file))
    // What was signed already is a parent whose input hash has to be taken by itself.
    const again = await engine.sign(content(file, { hashAlgorithm: 'sha512', timeStamp: undefined }))
    t.assert.equal(Buffer.from(again.summary.inputHash).toString('hex'), sha256(file))
    t.assert.equal(again.verdict?.state, 'Trusted')
  })

  test(`${where}: what the key, the authority, the store or the image is to blame for comes out as it was thrown`, async (t: TestContext) => {
    const { engine, content, signer } = await bench(t, { inlineBytes })
    const image = await noise('image/png', 20, 20)
    class Own extends Error {}
    const fail = async (): Promise<never> => {
      throw new Own('no')
    }
    await t.assert.rejects(engine.sign(content(image, { signer: { ...signer, sign: fail } })), Own)
    await t.assert.rejects(engine.sign(content(image, { timeStamp: fail })), Own)
    await t.assert.rejects(engine.sign(content(image, { onSigned: fail })), Own)
    await t.assert.rejects(engine.sign(content(image.subarray(0, 50))), { name: 'C2paError', code: 'malformed_asset' })
    await t.assert.rejects(engine.sign(content(Buffer.from('no asset'))), {
      name: 'C2paError',
      code: 'unsupported_format',
    })
    await t.assert.rejects(engine.sign(content(image, { timeStamp: async () => new Uint8Array(9) })), {
      code: 'time_stamp',
    })
    t.assert.equal((await engine.sign(content(image))).verdict?.state, 'Trusted', 'and the engine signs on')
  })
}

test('without a report only what brings a manifest along is verified', async (t: TestContext) => {
  const { engine, content, anchors } = await bench(t)
  const unasked = { isReported: false, timeStamp: undefined }
  const signed = await engine.sign(content(await noise('image/png', 20, 20), unasked))
  t.assert.equal(signed.verdict, undefined)
  t.assert.equal((await judge('image/png', Buffer.concat(signed.contents), anchors)).validation_state, 'Trusted')
  const again = await engine.sign(content(new Uint8Array(Buffer.concat(signed.contents)), unasked))
  t.assert.equal(again.verdict?.state, 'Trusted')
})

test('a file is not given away before its record is written', async (t: TestContext) => {
  const { engine, content } = await bench(t)
  let written = false
  const onSigned = async (): Promise<void> => {
    await sleep(150)
    written = true
  }
  await engine.sign(content(await noise('image/png', 20, 20), { onSigned }))
  t.assert.ok(written)
})

test('many files at once are all signed, by no more threads than there may be', async (t: TestContext) => {
  const { engine, content } = await bench(t, { threads: 2, jobsOfThread: 2 })
  const image = await noise('image/jpeg', 60, 60)
  const signed = await Promise.all(Array.from({ length: 40 }, () => engine.sign(content(image))))
  t.assert.equal(new Set(signed.map(({ summary }) => summary.manifestLabel)).size, 40)
  t.assert.ok(signed.every(({ verdict }) => verdict?.state === 'Trusted'))
})

test('more than may wait is refused at once, by number and by size, and what waits is done', async (t: TestContext) => {
  const image = await noise('image/png', 60, 60)
  for (const limits of [{ maxWaiting: 3 }, { maxWaitingBytes: image.length * 3 }]) {
    const { engine, content } = await bench(t, { threads: 1, jobsOfThread: 1, ...limits })
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => engine.sign(content(image))))
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    t.assert.equal(outcomes.length - refused.length, 4)
    for (const { reason } of refused) t.assert.equal(reason.reason, 'unavailable')
    t.assert.equal((await engine.sign(content(image))).verdict?.state, 'Trusted')
  }
})

test('stop waits for what is being done and takes nothing new', async (t: TestContext) => {
  const { engine, content } = await bench(t)
  const image = await noise('image/png', 60, 60)
  const signing = engine.sign(content(image))
  const stopped = engine.stop()
  await t.assert.rejects(engine.sign(content(image)), { reason: 'unavailable' })
  t.assert.equal((await signing).verdict?.state, 'Trusted')
  await stopped
})

test('a large file leaves the event loop free', async (t: TestContext) => {
  const { engine, content } = await bench(t)
  const small = await noise('image/jpeg', 60, 60)
  await engine.sign(content(small))
  const large = content(Buffer.concat([small, Buffer.alloc(19 * 1024 * 1024, 7)]), { encoding: 'base64' })
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const { verdict } = await engine.sign(large)
  delay.disable()
  t.assert.equal(verdict?.state, 'Trusted')
  // Other programs on the machine take their turns too: hence not the longest of all.
  const milliseconds = delay.percentile(90) / 1e6
  t.assert.ok(milliseconds < 20, `${milliseconds} ms`)
})

test('a job past its deadline is ended with a sentence, wherever it would be done, and its thread is replaced', async (t: TestContext) => {
  const deadline = { baseMs: 300, bytesOfMs: 1e9 }
  const { engine, content, signer } = await bench(t, { threads: 1, inlineBytes: 10_000_000, deadline })
  const image = await noise('image/jpeg', 60, 60)
  const first = await engine.sign(content(image))
  const stuck = { ...signer, sign: () => new Promise<Uint8Array>(() => {}) }
  const late = {
    name: 'Refusal',
    reason: 'invalid',
    message: 'Invalid parameter image. It takes longer to sign than the 0 seconds that it is given.',
  }
  // It brings a manifest along, and so is no work for the main thread.
  await t.assert.rejects(engine.sign(content(new Uint8Array(Buffer.concat(first.contents)), { signer: stuck })), late)
  const [one, other] = await Promise.allSettled([
    engine.sign(content(new Uint8Array(Buffer.concat(first.contents)), { signer: stuck })),
    engine.sign(content(new Uint8Array(Buffer.concat(first.contents)), { signer: stuck })),
  ])
  t.assert.deepEqual([one, other].map((outcome) => outcome.status === 'rejected' && outcome.reason.reason).sort(), [
    'invalid',
    'unavailable',
  ])
  deadline.baseMs = 60_000
  t.assert.equal((await engine.sign(content(new Uint8Array(Buffer.concat(first.contents))))).verdict?.state, 'Trusted')
})
