/** `countersign quickstart remove`. */
import { quickstartFolder, readConfig, removeQuickstart } from '@countersign/server'

/** Deletes the folder for good, and says so. */
export async function removeQuickstartFolder(flags: Readonly<Record<string, string>>): Promise<void> {
  const { dataFolder } = readConfig({ env: process.env, flags })
  const folder = quickstartFolder(dataFolder)
  process.stdout.write(
    (await removeQuickstart(dataFolder))
      ? `Deleted ${folder}: its keys and passwords are nowhere else. What they open still works until it is disabled.\n`
      : `There is no ${folder}: nothing to delete.\n`,
  )
}
