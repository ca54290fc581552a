/** How often the event loop comes round while work is done: told in turns, since times depend on what else the machine does. */
export async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0
  let timer = setImmediate(function turn() {
    turns++
    timer = setImmediate(turn)
  })
  try {
    await work()
  } finally {
    clearImmediate(timer)
  }
  return turns
}
