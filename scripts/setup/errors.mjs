/** Something that set-up could not do, in words for the person at the terminal. `remedy`: what mends it. */
export class SetupError extends Error {
  constructor(message, { remedy, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SetupError';
    this.remedy = remedy;
  }
}

/** Prints an error of set-up without a stack, anything else (a bug of ours) with it. */
export function printError(error) {
  if (!(error instanceof SetupError)) {
    console.error(error);
    return;
  }
  console.error(`\n${error.message}`);
  if (error.remedy) console.error(`What to do: ${error.remedy}`);
}
