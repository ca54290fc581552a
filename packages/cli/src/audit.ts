/** `countersign audit verify`. */
import { openPlatformStore, verifyAuditChain } from '@countersign/server'
import { readConfig } from '@countersign/server/settings'
import { paint } from './paint.ts'

/** Checks the chain of this machine's platform, which may run meanwhile, and names what is not sealed yet. */
export async function verifyAudit(flags: Readonly<Record<string, string>>): Promise<void> {
  const config = readConfig({ env: process.env, flags })
  const { green, red, dim } = paint(process.stdout)
  const store = await openPlatformStore(config)
  const print = (line: string): void => void process.stdout.write(`${line}\n`)
  try {
    const { valid, sealed, head, faults, unsealed } = await verifyAuditChain(store)
    for (const { sequence, code, explanation, eventId } of faults)
      print(red(`${sequence} ${code}: ${explanation}${eventId ? ` (event ${eventId})` : ''}`))
    print(
      valid
        ? green(`The audit chain is whole: ${sealed} events.`)
        : red(`The audit chain is broken: ${faults.length} faults in ${sealed} events.`),
    )
    if (head) print(dim(`Head: ${head.sequence} ${Buffer.from(head.hash).toString('hex')}`))
    if (unsealed.count > 0)
      print(
        `Not sealed yet: ${unsealed.count} events (${unsealed.eventIds.join(', ')}${unsealed.count > unsealed.eventIds.length ? ', …' : ''}).`,
      )
    if (!valid) process.exitCode = 1
  } finally {
    await store.close()
  }
}
