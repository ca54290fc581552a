/** The processor time of programs: what a machine that does other things too says truly. */
import { readdirSync, readFileSync } from 'node:fs'

const TICKS_A_SECOND = 100

/** Seconds of processor time that a process and those that it started have used; undefined where there is no /proc. */
export function processorSeconds(pid: number): number | undefined {
  const children = new Map<number, number[]>()
  const used = new Map<number, number>()
  try {
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue
      const fields = statOf(entry)
      if (!fields) continue
      used.set(Number(entry), (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND)
      const parent = Number(fields[1])
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)])
    }
  } catch {
    return undefined
  }
  const sum = (one: number): number =>
    (children.get(one) ?? []).reduce((total, child) => total + sum(child), used.get(one) ?? 0)
  return used.size === 0 ? undefined : sum(pid)
}

/** The fields of /proc/…/stat behind the name, which may hold anything; undefined for a process that has ended. */
function statOf(pid: string): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
