/** What the platform remembers about itself, by name. */
export type Settings = {
  find(name: string): Promise<string | undefined>
  put(name: string, value: string): Promise<void>
  /** Puts it unless there is one; gives the one that stands. */
  putOnce(name: string, value: string): Promise<string>
}
