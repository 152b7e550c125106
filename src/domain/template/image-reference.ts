/** Grammar of image references (OCI distribution spec): [host[:port]/]path[:tag][@digest]. */
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const HOST_LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const HOST = `(?:${HOST_LABEL}(?:\\.${HOST_LABEL})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]{1,5})?`;
const REFERENCE = new RegExp(`^(?:${HOST}/)?${COMPONENT}(?:/${COMPONENT})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`);

/** Text of what is wrong with an image's name, or null. The length is checked first, so that the pattern's work is bounded. */
export function imageProblem(image: string): string | null {
  if (image.length === 0 || image.length > 255) return 'must be 1 to 255 characters';
  if (image.includes('://')) return 'must be an image name such as postgres:15-alpine, without a scheme';
  return REFERENCE.test(image) ? null : 'must be an image name such as postgres:15-alpine or registry.example.com/team/image:tag';
}
