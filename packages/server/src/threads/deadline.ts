/** The longest that a file may take, in milliseconds. */
export type Deadline = {
  readonly baseMs: number
  /** Of a file; a slow machine with much to do hashes more. */
  readonly bytesOfMs: number
}

/** The deadline of a file. */
export function deadlineOf({ baseMs, bytesOfMs }: Deadline, bytes: number): number {
  return Math.ceil(baseMs + bytes / bytesOfMs)
}
