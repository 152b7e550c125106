import {
  mdiAccountCircleOutline, mdiAccountGroupOutline, mdiAlertCircleOutline, mdiAlertOutline, mdiArchiveOutline, mdiArrowLeft, mdiBookOpenVariant, mdiCertificateOutline, mdiCheck,
  mdiCheckCircleOutline, mdiChevronDown, mdiCircleHalfFull, mdiCloudOffOutline, mdiContentCopy, mdiCubeOutline, mdiDatabase, mdiDeleteOutline, mdiDotsVertical, mdiDownload, mdiElephant,
  mdiExitToApp, mdiEyeOffOutline, mdiEyeOutline, mdiKeyChange, mdiKeyOutline, mdiLogout, mdiMagnify, mdiPencilOutline, mdiPlay, mdiPlus, mdiProgressClock, mdiRefresh, mdiRestart, mdiRestore,
  mdiShieldAccountOutline, mdiSleep, mdiStop, mdiStopCircleOutline, mdiWebhook,
} from '@mdi/js';

export const ICONS = {
  account: mdiAccountCircleOutline,
  admin: mdiShieldAccountOutline,
  alert: mdiAlertCircleOutline,
  archive: mdiArchiveOutline,
  back: mdiArrowLeft,
  authority: mdiCertificateOutline,
  book: mdiBookOpenVariant,
  change: mdiPencilOutline,
  check: mdiCheck,
  copy: mdiContentCopy,
  database: mdiDatabase,
  delete: mdiDeleteOutline,
  download: mdiDownload,
  good: mdiCheckCircleOutline,
  hide: mdiEyeOffOutline,
  key: mdiKeyChange,
  leave: mdiExitToApp,
  more: mdiDotsVertical,
  offline: mdiCloudOffOutline,
  people: mdiAccountGroupOutline,
  play: mdiPlay,
  plus: mdiPlus,
  postgresql: mdiElephant,
  progress: mdiProgressClock,
  redis: mdiCubeOutline,
  refresh: mdiRefresh,
  restart: mdiRestart,
  restore: mdiRestore,
  search: mdiMagnify,
  show: mdiEyeOutline,
  signOut: mdiLogout,
  sleep: mdiSleep,
  stop: mdiStop,
  stopped: mdiStopCircleOutline,
  token: mdiKeyOutline,
  theme: mdiCircleHalfFull,
  unfold: mdiChevronDown,
  warning: mdiAlertOutline,
  webhook: mdiWebhook,
} as const;

export type IconName = keyof typeof ICONS;

/** Of a type of database; one that an admin added has the general one. */
export function iconOfType(type: string): IconName {
  return type === 'postgresql' || type === 'redis' ? type : 'database';
}
