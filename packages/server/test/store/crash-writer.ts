/** Signs without end, and names on standard output each record that the store has answered; to be killed meanwhile. */
import { openStore, type StoreOptions } from '../../src/store/open-store.ts'
import { addSigning, auditEvent, signature } from './noun.ts'

const store = await openStore(JSON.parse(process.argv[2] ?? '') as StoreOptions)
const signing = await addSigning(store)

async function signWithoutEnd(): Promise<never> {
  for (;;) {
    const record = signature(signing)
    await store.signatures.record(record, auditEvent({ resourceId: record.id }))
    process.stdout.write(`${record.id}\n`)
  }
}
await Promise.all(Array.from({ length: 100 }, signWithoutEnd))
