/** Debian's own cloud images: their checksums are published without a signature. */
import type { VendorImage } from './vendor-image.ts';

const releases = { '12': 'bookworm', '13': 'trixie' };

export const debian: VendorImage[] = Object.entries(releases).map(([release, codename]) => ({
  name: `debian-${release}`,
  title: `Debian ${release}`,
  folder: `https://cloud.debian.org/images/cloud/${codename}/latest/`,
  file: `debian-${release}-generic-amd64.qcow2`,
  checksums: 'SHA512SUMS',
  instead: `Build it from Debian's signed packages: imago images build debian-${release}`,
  user: 'debian',
  enaSupport: true,
  sriovNetSupport: 'simple',
}));
