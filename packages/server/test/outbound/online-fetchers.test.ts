import { type TestContext, test } from 'node:test'
import { createOnlineFetchers } from '../../src/outbound/online-fetchers.ts'
import type { Outbound, OutboundRequest } from '../../src/outbound/outbound.ts'
import { OutboundError } from '../../src/outbound/outbound-error.ts'

/** A way out that answers with so many bytes at most. */
function outboundGiving(length: number) {
  const requests: OutboundRequest[] = []
  const outbound: Outbound = async (request) => {
    requests.push(request)
    if (length > request.mostBytes) throw new OutboundError('size', 'too large')
    return { status: 200, bytes: new Uint8Array(length), mediaType: 'image/jpeg' }
  }
  return { requests, outbound }
}

const MEGABYTE = 1024 * 1024

test('each kind is asked for as its protocol says, within its limits', async (t: TestContext) => {
  const { requests, outbound } = outboundGiving(3)
  const { manifestStore, ocsp, cloudData } = createOnlineFetchers(outbound)
  t.assert.equal((await manifestStore?.('https://example.com/m'))?.length, 3)
  t.assert.equal((await ocsp?.('http://example.com/o', Uint8Array.of(7)))?.length, 3)
  t.assert.deepEqual(await cloudData?.('https://example.com/c', 3), {
    bytes: new Uint8Array(3),
    mediaType: 'image/jpeg',
  })
  const [store, responder, data] = requests
  t.assert.ok(store?.accept?.includes('application/c2pa') && !store.body)
  t.assert.deepEqual(responder?.accept, ['application/ocsp-response'])
  t.assert.deepEqual(responder?.body, { mediaType: 'application/ocsp-request', bytes: Uint8Array.of(7) })
  t.assert.ok((responder?.mostBytes ?? 0) <= 65_536)
  t.assert.equal(data?.mostBytes, 3)
})

test('one verification has so many fetches and so many bytes, and the log is told what was refused', async (t: TestContext) => {
  const faults: string[] = []
  const onFailure = (_url: string, { fault }: OutboundError): void => void faults.push(fault)
  const small = outboundGiving(1)
  const { cloudData } = createOnlineFetchers(small.outbound, { onFailure })
  for (let count = 0; count < 8; count++) await cloudData?.('https://example.com/', 1)
  await t.assert.rejects(async () => cloudData?.('https://example.com/', 1), { fault: 'budget' })
  t.assert.equal(small.requests.length, 8)
  const large = createOnlineFetchers(outboundGiving(7 * MEGABYTE).outbound, { onFailure })
  await large.cloudData?.('https://example.com/', 8 * MEGABYTE)
  await large.manifestStore?.('https://example.com/')
  await t.assert.rejects(async () => large.cloudData?.('https://example.com/', 8 * MEGABYTE), { fault: 'size' })
  t.assert.deepEqual(faults, ['budget', 'size'])
})

test('what nobody waits for any more is not fetched', async (t: TestContext) => {
  const outbound: Outbound = async ({ signal }) => {
    if (signal?.aborted) throw new OutboundError('time', 'too late')
    return { status: 200, bytes: new Uint8Array(), mediaType: undefined }
  }
  const { manifestStore } = createOnlineFetchers(outbound, { leaving: AbortSignal.abort() })
  await t.assert.rejects(async () => manifestStore?.('https://example.com/'), { fault: 'time' })
})
