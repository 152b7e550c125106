import { Component } from '@angular/core';

@Component({ selector: 'dbm-create-page', template: '<div class="dbm-page"><h1 i18n>New database</h1></div>' })
export class CreatePage {}
