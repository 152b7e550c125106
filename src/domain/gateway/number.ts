/** So many gateway processes can stand side by side: a cancel key has 7 bits for the number of its process. */
export const MAX_GATEWAYS = 128;
