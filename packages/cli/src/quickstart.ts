/** `countersign quickstart remove`. */
import { quickstartFolder, readConfig, removeQuickstart } from '@countersign/server/settings'
import { Failure } from './failure.ts'

/** Deletes the folder for good, and says so; a folder that is not there is most likely not the one that was meant. */
export async function removeQuickstartFolder(flags: Readonly<Record<string, string>>): Promise<void> {
  const { dataFolder } = readConfig({ env: process.env, flags })
  const folder = quickstartFolder(dataFolder)
  if (!(await removeQuickstart(dataFolder))) throw new Failure(`There is no ${folder}: nothing was deleted.`)
  process.stdout.write(
    `Deleted ${folder}: its keys and passwords are nowhere else. What they open still works until it is disabled.\n`,
  )
}
