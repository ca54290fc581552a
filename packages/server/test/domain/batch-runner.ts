/** Works on the batches of a store until there are none; to be killed meanwhile. */
import { createBatchRunner } from '../../src/jobs/run-batches.ts'
import { openStore, type StoreOptions } from '../../src/store/open-store.ts'
import { worldOn } from '../batch-world.ts'

const store = await openStore(JSON.parse(process.argv[2] ?? '') as StoreOptions)
await createBatchRunner(worldOn(store), {
  onError(error) {
    throw error
  },
})()
