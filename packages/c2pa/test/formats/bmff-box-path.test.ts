import { type TestContext, test } from 'node:test'
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { walk } from '../../src/formats/asset.ts'
import { boxBudget } from '../../src/formats/bmff-box.ts'
import { boxAtPath } from '../../src/formats/bmff-box-path.ts'
import { encodeBox } from '../../src/jumbf/box.ts'
import { survivesFlips } from '../malformed.ts'

const inner = concatBytes([encodeBox('free'), encodeBox('udta', utf8Bytes('one')), encodeBox('udta', utf8Bytes('two'))])
const asset = concatBytes([
  encodeBox('ftyp', utf8Bytes('isom')),
  encodeBox('moov', inner),
  encodeBox('mpvd', utf8Bytes('film')),
])
const textAt = (path: string): string | undefined => {
  const found = walk(asset, (source) => boxAtPath(source, path, boxBudget()))
  return found && Buffer.from(asset.subarray(found.start, found.start + found.length)).toString()
}

test('boxes are found by path and number, without their headers', (t: TestContext) => {
  t.assert.equal(textAt('/mpvd'), 'film')
  t.assert.equal(textAt('/moov/udta'), 'one')
  t.assert.equal(textAt('/moov[1]/udta[2]'), 'two')
  t.assert.equal(textAt('/moov/free'), '')
  for (const path of ['/moov/udta[3]', '/moov[2]', '/mdat', 'mpvd', '/', '//mpvd', '/mpvd[0]', '/mpvd/udta', '/moovx'])
    t.assert.equal(textAt(path), undefined, path)
})

test('bytes changed in any way lead to a box or to none', () => {
  survivesFlips(asset, (bytes) => walk(bytes, (source) => boxAtPath(source, '/moov/udta[2]', boxBudget())))
})
