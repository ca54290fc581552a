export { type Config, ConfigError, flagOf, readConfig, SETTINGS, type Setting, unknownVariables } from './config.ts'
export { type AuditReport, verifyAuditChain } from './domain/audit-chain.ts'
export { DIGITAL_SOURCE_TYPES, digitalSourceType } from './domain/digital-source-type.ts'
export { PLATFORM } from './domain/record-event.ts'
export { Refusal } from './domain/refusal.ts'
export { isDrawn } from './domain/sign-content.ts'
export type { Store } from './domain/store.ts'
export { TRUST_PURPOSES, type TrustAnchor, type TrustPurpose } from './domain/trust-anchor.ts'
export {
  type AddedAnchors,
  addTrustAnchors,
  type PublishedList,
  type PublishedListUpdate,
  removeTrustAnchor,
  updatePublishedAnchors,
} from './domain/trust-settings.ts'
export { createLog } from './http/log.ts'
export { type RunningServer, type StartOptions, startServer } from './main.ts'
export { createOnlineFetchers } from './outbound/online-fetchers.ts'
export { createOutbound } from './outbound/outbound.ts'
export { openPlatformStore } from './platform.ts'
export { quickstartFolder, removeQuickstart } from './quickstart-folder.ts'
export { StartError } from './start-error.ts'
export { type FolderLock, lockFolder } from './store/folder-lock.ts'
export { createThumbnailMaker } from './threads/thumbnail.ts'
export { VERSION } from './version.ts'
