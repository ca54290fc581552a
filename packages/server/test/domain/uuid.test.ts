import { test } from 'node:test'
import { uuidV7 } from '../../src/domain/uuid.ts'

test('RFC 9562 appendix A.6: the time of the example stands in front', (t) => {
  const id = uuidV7(new Date(0x017f22e279b0))
  t.assert.match(id, /^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  t.assert.notEqual(id, uuidV7(new Date(0x017f22e279b0)))
  t.assert.equal(uuidV7(new Date(1)) < uuidV7(new Date(2)), true)
})
