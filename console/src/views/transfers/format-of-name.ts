/** What format a file's name says that it has; nothing where names of that kind say none. */
export const formats = ['RAW', 'QCOW2', 'VMDK', 'VHD', 'VHDX', 'OVA'] as const;
export type Format = (typeof formats)[number];

/** `.img` is what raw files are called, and as many qcow2 ones. */
const endings: Readonly<Record<string, Format>> = {
  raw: 'RAW',
  qcow2: 'QCOW2',
  vmdk: 'VMDK',
  vhd: 'VHD',
  vhdx: 'VHDX',
  ova: 'OVA',
};

export function formatOfName(name: string): Format | undefined {
  const [, ending = ''] = /\.([a-z0-9]+)$/.exec(name.toLowerCase()) ?? [];
  return Object.hasOwn(endings, ending) ? endings[ending] : undefined;
}

/** A name for the image: EC2 allows not all that files have. */
export function imageNameOf(fileName: string): string {
  const stem = fileName.replace(/\.[A-Za-z0-9]{1,5}$/, '');
  const name = stem.replaceAll(/[^A-Za-z0-9 ()[\]./'@_-]/g, '-').slice(0, 128);
  return name.length < 3 ? `${name}-image` : name;
}
