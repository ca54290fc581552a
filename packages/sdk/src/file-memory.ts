/** Memory for files that two threads look at, used again: what is new for each file costs its pages, and has the collector look at everything. */
export type FileMemory = {
  /** So many bytes, holding whatever a file before left in them; undefined where there are not as many in one place. */
  take(size: number): Uint8Array<SharedArrayBuffer> | undefined
  /** Gives back what `take` gave there, once nothing refers to it any more. */
  giveBack(start: number): void
}

/** Each begins where the processor copies fastest. */
const STEP = 4096

/** No more than so many bytes, of which those count that were ever taken: from the first on, wherever there is room. */
export function createFileMemory(mostBytes: number): FileMemory {
  const buffer = new SharedArrayBuffer(mostBytes)
  /** In order, and never two side by side. */
  let free: readonly Gap[] = [{ start: 0, end: mostBytes }]
  const ends = new Map<number, number>()
  return {
    take(size) {
      const length = Math.max(STEP, Math.ceil(size / STEP) * STEP)
      const index = free.findIndex(({ start, end }) => end - start >= length)
      const gap = free[index]
      if (!gap) return undefined
      const rest = { start: gap.start + length, end: gap.end }
      free = free.toSpliced(index, 1, ...(rest.start < rest.end ? [rest] : []))
      ends.set(gap.start, rest.start)
      return new Uint8Array(buffer, gap.start, size)
    },
    giveBack(start) {
      const end = ends.get(start)
      if (end === undefined) return
      ends.delete(start)
      const before = free.find((gap) => gap.end === start)
      const after = free.find((gap) => gap.start === end)
      const gap = { start: before?.start ?? start, end: after?.end ?? end }
      free = [...free.filter((one) => one !== before && one !== after), gap].sort((a, b) => a.start - b.start)
    },
  }
}

type Gap = { readonly start: number; readonly end: number }
