/** Ubuntu's releases with long-term support. The checksums are signed apart from them. */
import type { VendorImage } from './vendor-image.ts';

const releases = { '22.04': 'jammy', '24.04': 'noble', '26.04': 'resolute' };

export const ubuntu: VendorImage[] = Object.entries(releases).map(([release, codename]) => ({
  name: `ubuntu-${release}`,
  title: `Ubuntu ${release} LTS`,
  folder: `https://cloud-images.ubuntu.com/releases/${codename}/release/`,
  file: `ubuntu-${release}-server-cloudimg-amd64.img`,
  checksums: 'SHA256SUMS',
  signature: {
    of: 'checksums',
    file: 'SHA256SUMS.gpg',
    // UEC Image Automatic Signing Key.
    fingerprints: ['D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81'],
    keyring: {
      file: '/usr/share/keyrings/ubuntu-cloudimage-keyring.gpg',
      package: 'ubuntu-keyring',
    },
  },
  user: 'ubuntu',
  enaSupport: true,
  sriovNetSupport: 'simple',
}));
