/** Whether something failed because there was no room on the disk, however deep that is told. */
const codes = new Set(['ENOSPC', 'EDQUOT']);
const names = new Set(['BlockStoreFullError', 'CatalogFullError']);

export function isDiskFull(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code, name, message } = each as NodeJS.ErrnoException;
    if (codes.has(code ?? '') || names.has(name)) return true;
    // What QEMU says.
    if (message.includes('No space left on device')) return true;
  }
  return false;
}
