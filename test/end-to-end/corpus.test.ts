/** Files of others, good and bad, through the sign endpoint: what c2pa-rs had no fault to find with stays without fault. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { after, type TestContext, test } from 'node:test'
import { judge, type ReaderReport } from '../judge.ts'
import { type Platform, startPlatform } from '../platform.ts'
import { ECDSA_SHA256, signForm } from '../sign-request.ts'

const CORPUS = new URL('../../../shared/c2pa-corpus/', import.meta.url)
const skip = existsSync(CORPUS) ? false : 'there is no folder ../shared/c2pa-corpus beside the repository'

/** Where c2pa-rs takes what we don't, on purpose: a credential in two places at once, a store with a false length or CRC. */
const DEPARTURES = ['cose-x5chain-both-buckets.jpg', 'jpg-store-length-lie.jpg', 'png-bad-crc.png']

function pictures(): readonly string[] {
  return readdirSync(CORPUS, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(jpe?g|png)$/i.test(path) && !DEPARTURES.some((name) => path.endsWith(name)))
    .sort()
}

const failures = ({ validation_status: status = [] }: ReaderReport): string[] => status.map(({ code }) => code)

/** What c2pa-rs says of a file as it came: `none` without a manifest, `broken` where it can't be read or is Invalid. */
async function before(format: string, bytes: Uint8Array, anchors: string): Promise<'none' | 'good' | 'broken'> {
  try {
    const report = await judge(format, bytes, anchors)
    // Identity assertions are judged anew at every reading, in ingredients too.
    const isBroken = failures(report).some((code) => code.startsWith('cawg.')) || report.validation_state === 'Invalid'
    return isBroken ? 'broken' : 'good'
  } catch (error) {
    return /ProvenanceMissing|JumbfNotFound|no JUMBF/i.test(String(error)) ? 'none' : 'broken'
  }
}

let platform: Platform | undefined
after(() => platform?.remove())

test('files of others come back Trusted, or are declined with a reason', { skip }, async (t: TestContext) => {
  platform = await startPlatform()
  const counts = { none: 0, good: 0, broken: 0, declined: 0 }
  for (const path of pictures()) {
    const bytes = readFileSync(new URL(path, CORPUS))
    const format = bytes[0] === 0xff ? 'image/jpeg' : 'image/png'
    const form = signForm(platform, bytes, { signAlgo: ECDSA_SHA256 })
    const answer = await platform.sign(form, { accept: 'image/jpeg, image/png' })
    const quality = await before(format, bytes, platform.ca)
    if (answer.status !== 200) {
      t.assert.equal(answer.status, 400, `${path}: ${answer.body}`)
      t.assert.match(answer.body.toString(), /Invalid parameter image\. ./, path)
      t.assert.equal(quality, 'broken', `${path} was declined, but c2pa-rs reads it: ${answer.body}`)
      counts.declined++
      continue
    }
    counts[quality]++
    if (quality === 'broken') continue
    const report = await judge(format, answer.body, platform.ca)
    t.assert.equal(report.validation_state, 'Trusted', `${path}: ${failures(report).join(', ')}`)
  }
  t.diagnostic(JSON.stringify(counts))
  t.assert.ok(counts.none >= 5 && counts.good >= 70, JSON.stringify(counts))
})
