import { Component } from '@angular/core';

@Component({ selector: 'dbm-backup-list', template: '<div class="dbm-page"><h1 i18n>Backups</h1></div>' })
export class BackupList {}
