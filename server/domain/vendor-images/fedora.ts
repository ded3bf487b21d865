/** Fedora. The checksums are clearsigned, with a key of each release's own. */
import type { VendorImage } from './vendor-image.ts';

const releases = {
  '43': { build: '43-1.6', fingerprint: 'C6E7F081CF80E13146676E88829B606631645531' },
  '44': { build: '44-1.7', fingerprint: '36F612DCF27F7D1A48A835E4DBFCF71C6D9F90A6' },
};

export const fedora: VendorImage[] = Object.entries(releases).map(
  ([release, { build, fingerprint }]) => ({
    name: `fedora-${release}`,
    title: `Fedora ${release}`,
    folder: `https://dl.fedoraproject.org/pub/fedora/linux/releases/${release}/Cloud/x86_64/images/`,
    file: `Fedora-Cloud-Base-Generic-${build}.x86_64.qcow2`,
    checksums: `Fedora-Cloud-${build}-x86_64-CHECKSUM`,
    signature: {
      of: 'checksums',
      fingerprints: [fingerprint],
      keyring: {
        file: `/usr/share/distribution-gpg-keys/fedora/RPM-GPG-KEY-fedora-${release}-primary`,
        package: 'distribution-gpg-keys',
      },
    },
    user: 'fedora',
    enaSupport: true,
    sriovNetSupport: 'simple',
  }),
);
