/** Rocky Linux. Each image has checksums of its own, with a signature by the release's key. */
import type { VendorImage } from './vendor-image.ts';

const keys = {
  '8': '7051C470A929F454CEBE37B715AF5DAC6D745A60',
  '9': '21CB256AE16FC54C6E652949702D426D350D275D',
  '10': 'FC226859C0860BF0DDB95B085B106C736FEDFC85',
};

export const rocky: VendorImage[] = Object.entries(keys).map(([release, fingerprint]) => {
  const file = `Rocky-${release}-GenericCloud-Base.latest.x86_64.qcow2`;
  return {
    name: `rocky-${release}`,
    title: `Rocky Linux ${release}`,
    folder: `https://dl.rockylinux.org/pub/rocky/${release}/images/x86_64/`,
    file,
    checksums: `${file}.CHECKSUM`,
    signature: {
      of: 'checksums',
      file: `${file}.CHECKSUM.asc`,
      fingerprints: [fingerprint],
      keyring: {
        file: `/usr/share/distribution-gpg-keys/rocky/RPM-GPG-KEY-Rocky-${release}`,
        package: 'distribution-gpg-keys',
      },
    },
    user: 'rocky',
    enaSupport: true,
    sriovNetSupport: 'simple',
  };
});
