import { bootstrapApplication } from '@angular/platform-browser';
import { appConfig } from './app/app.config';
import { Root } from './app/root';
import { isBridgePage } from './app/sign-in/bridge-page';

// The issuer sends browsers back to a page of ours that only hands its answer on.
if (isBridgePage(location.pathname)) {
  const { handOn } = await import('./app/sign-in/hand-on');
  await handOn();
} else {
  await bootstrapApplication(Root, appConfig);
}
