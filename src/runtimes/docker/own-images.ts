/** Our images and the directory below docker/ that each is built from. scripts/images/build.mjs has the same table. */
const OWN_IMAGES: Readonly<Record<string, string>> = { 'dbmaker/postgresql:15': 'postgresql', 'dbmaker/redis:7': 'redis' };

export const OWN_IMAGE_NAMES: readonly string[] = Object.keys(OWN_IMAGES);

export const OFFLINE_BASE = 'dbmaker/base:bookworm';
export const ONLINE_BASE = 'debian:bookworm-slim';

/** Name of the build context below docker/; null when the image is not ours. */
export const ownImageDirectory = (image: string): string | null => OWN_IMAGES[image] ?? null;
