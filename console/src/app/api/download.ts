/** Begins a download; the page stays. The session's cookie goes with it, as the browser sends it with any link of ours. */
export function download(address: string): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = '';
  link.click();
}
