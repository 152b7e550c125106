import manifest from '../../package.json' with { type: 'json' };

/** Of DbMaker itself. */
export const VERSION: string = manifest.version;
