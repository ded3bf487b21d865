/** AlmaLinux. The checksums are signed apart from them, by the key of the release's packages. */
import type { VendorImage } from './vendor-image.ts';

const keys = {
  '8': 'BC5EDDCADF502C077F1582882AE81E8ACED7258B',
  '9': 'BF18AC2876178908D6E71267D36CB86CB86B3716',
  '10': 'EE6DB7B98F5BF5EDD9DA0DE5DEE5C11CC2A1E572',
};

export const almalinux: VendorImage[] = Object.entries(keys).map(([release, fingerprint]) => ({
  name: `almalinux-${release}`,
  title: `AlmaLinux ${release}`,
  folder: `https://repo.almalinux.org/almalinux/${release}/cloud/x86_64/images/`,
  file: `AlmaLinux-${release}-GenericCloud-latest.x86_64.qcow2`,
  checksums: 'CHECKSUM',
  signature: {
    of: 'checksums',
    file: 'CHECKSUM.asc',
    fingerprints: [fingerprint],
    keyring: {
      file: `/usr/share/distribution-gpg-keys/alma/RPM-GPG-KEY-AlmaLinux-${release}`,
      package: 'distribution-gpg-keys',
    },
  },
  user: 'almalinux',
  enaSupport: true,
  sriovNetSupport: 'simple',
}));
