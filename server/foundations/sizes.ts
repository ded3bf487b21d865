/** Units of sizes, and sizes in words. */
export const mibBytes = 1024 ** 2;
export const gibBytes = 1024 ** 3;

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Such as `64.2 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${byteUnits[unit]}`;
}
