/**
 * What a command line has to know of a platform before there is one: settings, folders, and how it declines. It is apart
 * from `index.ts` since commands that start no platform should not load one.
 */
export { type Config, ConfigError, flagOf, readConfig, SETTINGS, type Setting, unknownVariables } from './config.ts'
export { DIGITAL_SOURCE_TYPES, digitalSourceType } from './domain/digital-source-type.ts'
export { Refusal } from './domain/refusal.ts'
export { TRUST_PURPOSES, type TrustPurpose } from './domain/trust-anchor.ts'
export { quickstartFolder, removeQuickstart } from './quickstart-folder.ts'
export { StartError } from './start-error.ts'
export { type FolderLock, lockFolder } from './store/folder-lock.ts'
export { VERSION } from './version.ts'
