/** `countersign serve`: runs the platform until it is told to stop. */
import { flushCompileCache } from 'node:module'
import { createLog, startServer } from '@countersign/server'
import { readConfig, unknownVariables } from '@countersign/server/settings'
import { banner } from './banner.ts'
import { explain } from './failure.ts'
import { logDestination } from './log-lines.ts'
import { paint } from './paint.ts'
import { withoutProfile } from './profile-layer.ts'

/** Starts, says where, and stops on SIGTERM or SIGINT after what runs has been answered; a second signal ends at once. */
export async function serve(flags: Readonly<Record<string, string>>): Promise<void> {
  const config = readConfig({ env: process.env, flags })
  const log = createLog(config.logLevel, logDestination())
  for (const sentence of unknownVariables(withoutProfile(process.env))) log.warn(sentence)
  let stop: (() => Promise<void>) | undefined
  let stoppingSince: number | undefined

  const onSignal = (signal: NodeJS.Signals): void => {
    // Before there is anything to drain.
    if (!stop) process.exit(0)
    if (stoppingSince !== undefined) {
      // A terminal and npm both pass on one Ctrl+C: that is not yet somebody who can't wait.
      if (Date.now() - stoppingSince > 1000) process.exit(130)
      return
    }
    stoppingSince = Date.now()
    log.info({ signal }, 'stopping: requests that run are answered first')
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        explain(error)
        process.exit(1)
      },
    )
  }
  onOrphaned(() => onSignal('SIGTERM'))
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)

  const server = await startServer(config, { log })
  stop = server.stop
  // For the next start, even if this one ends by force.
  flushCompileCache()
  process.stdout.write(banner(server, paint(process.stdout)))
}

/**
 * npm passes a signal to the shell that runs its script, and most shells end without passing it on: that they are gone
 * is the only word of it.
 */
function onOrphaned(stop: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    stop()
  }, 200)
  timer.unref()
}
