/**
 * Alpine. Each image bears a signature of its own; no package has the key, and whose it is is not
 * known for certain here, so the operator has to say it.
 */
import type { VendorImage } from './vendor-image.ts';

const releases = { '3.22': '3.22.4', '3.24': '3.24.1' };

export const alpine: VendorImage[] = Object.entries(releases).map(([release, version]) => {
  const file = `generic_alpine-${version}-x86_64-uefi-cloudinit-r0.qcow2`;
  return {
    name: `alpine-${release}`,
    title: `Alpine Linux ${version}`,
    folder: `https://dl-cdn.alpinelinux.org/alpine/v${release}/releases/cloud/`,
    file,
    checksums: `${file}.sha512`,
    signature: { of: 'image', file: `${file}.asc`, fingerprints: [] },
    user: 'alpine',
    enaSupport: true,
  };
});
