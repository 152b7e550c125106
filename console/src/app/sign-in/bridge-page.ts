/** Where the issuer sends browsers back to, in the page, a pop-up or a hidden frame. */
export const BRIDGE_PATH = '/auth/redirect';

export const isBridgePage = (pathname: string): boolean => pathname === BRIDGE_PATH;
