import { broadcastResponseToMainFrame } from '@azure/msal-browser/redirect-bridge';

/** Hands the issuer's answer to the page that asked. Without one (somebody opened this page, or comes from signing out) it leads to the beginning. */
export async function handOn(): Promise<void> {
  try {
    await broadcastResponseToMainFrame();
  } catch {
    if (window.parent === window) location.replace('/'); // in a frame, the page that asked sees by itself that no answer comes
  }
}
