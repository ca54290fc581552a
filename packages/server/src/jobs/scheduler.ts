/** Work that comes around by itself, one run at a time of each job. */

/** A job. Every node runs it, so it has to stand being run on several at once. */
export type Job = {
  readonly name: string
  readonly everyMs: number
  readonly run: () => Promise<void>
}

export type Scheduler = {
  start(): void
  /** Runs a job as soon as it can: now, or after the run that is under way. */
  runSoon(name: string): void
  /** Starts nothing more, and resolves when what runs has ended. */
  stop(): Promise<void>
}

/** A scheduler of these jobs. A run that fails is told to `onError`, and the job comes around again. */
export function createScheduler(jobs: readonly Job[], onError: (job: string, error: unknown) => void): Scheduler {
  const timers = new Map<string, NodeJS.Timeout>()
  const running = new Map<string, Promise<void>>()
  const wantedAgain = new Set<string>()
  let isStopped = true

  function schedule(job: Job, inMs: number): void {
    clearTimeout(timers.get(job.name))
    timers.set(
      job.name,
      setTimeout(() => begin(job), inMs),
    )
  }

  function begin(job: Job): void {
    const run = job
      .run()
      .catch((error: unknown) => onError(job.name, error))
      .then(() => {
        running.delete(job.name)
        if (!isStopped) schedule(job, wantedAgain.delete(job.name) ? 0 : job.everyMs)
      })
    running.set(job.name, run)
  }

  return {
    start() {
      isStopped = false
      // Not all nodes and jobs in the same moment.
      for (const job of jobs) schedule(job, Math.min(job.everyMs, 60_000) * (0.5 + Math.random() / 2))
    },
    runSoon(name) {
      const job = jobs.find((candidate) => candidate.name === name)
      if (!job || isStopped) return
      if (running.has(name)) wantedAgain.add(name)
      else schedule(job, 0)
    },
    async stop() {
      isStopped = true
      for (const timer of timers.values()) clearTimeout(timer)
      await Promise.all(running.values())
    },
  }
}
