export { createBackupFiles } from './files.ts';
