import {
  mdiAccountCircleOutline, mdiAlertCircleOutline, mdiAlertOutline, mdiArchiveOutline, mdiArrowLeft, mdiCheck, mdiCheckCircleOutline, mdiChevronDown, mdiCloudOffOutline, mdiContentCopy, mdiCubeOutline,
  mdiDatabase, mdiDeleteOutline, mdiDotsVertical, mdiDownload, mdiElephant, mdiEyeOffOutline, mdiEyeOutline, mdiKeyChange, mdiLogout, mdiMagnify, mdiPlay, mdiPlus, mdiProgressClock, mdiRefresh,
  mdiRestart, mdiRestore, mdiSleep, mdiStop, mdiStopCircleOutline, mdiThemeLightDark, mdiBookOpenVariant,
} from '@mdi/js';

export const ICONS = {
  account: mdiAccountCircleOutline,
  alert: mdiAlertCircleOutline,
  archive: mdiArchiveOutline,
  back: mdiArrowLeft,
  book: mdiBookOpenVariant,
  check: mdiCheck,
  copy: mdiContentCopy,
  database: mdiDatabase,
  delete: mdiDeleteOutline,
  download: mdiDownload,
  good: mdiCheckCircleOutline,
  hide: mdiEyeOffOutline,
  key: mdiKeyChange,
  more: mdiDotsVertical,
  offline: mdiCloudOffOutline,
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
  theme: mdiThemeLightDark,
  unfold: mdiChevronDown,
  warning: mdiAlertOutline,
} as const;

export type IconName = keyof typeof ICONS;

/** Of a type of database; one that an admin added has the general one. */
export function iconOfType(type: string): IconName {
  return type === 'postgresql' || type === 'redis' ? type : 'database';
}
