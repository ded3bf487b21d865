/** Security groups and key pairs. */
export const networkText = {
  title: 'Network & keys',
  tabsLabel: 'Security groups or key pairs',
  tabs: { groups: 'Security groups', keys: 'Key pairs' },
};

export const groupsText = {
  title: 'Security groups',
  create: 'New group…',
  createNow: 'Create',
  withSsh: 'Let SSH in from everywhere (port 22)',
  empty: 'There are no security groups.',
  columns: { name: 'Name', id: 'ID', description: 'Description', rules: 'Rules' },
  rules: (incoming: number, outgoing: number) => `${incoming} in, ${outgoing} out`,
};

export const groupText = {
  back: '← Security groups',
  gone: (id: string) => `There is no security group ${id} in this account and region.`,
  delete: 'Delete',
  isDefault: 'The default group of a network stays.',
  ingress: {
    title: 'What it lets in',
    none: 'Nothing reaches the instances of this group.',
    add: 'Let something in…',
    peer: 'From',
  },
  egress: {
    title: 'What it lets out',
    none: 'The instances of this group reach nothing.',
    add: 'Let something out…',
    peer: 'To',
  },
  columns: { traffic: 'Traffic', description: 'Description', remove: 'Remove' },
  remove: 'Remove',
  removeRule: (rule: string) => `Remove ${rule}`,
  addNow: 'Add rule',
  protocol: 'Protocol',
  all: 'all',
  ports: 'Ports',
  portsHint: 'One, such as 22, or a range, such as 8000-8080.',
  peerHint: 'An address, a block such as 10.0.0.0/8, or a security group (sg-…).',
};

export const keysText = {
  title: 'Key pairs',
  create: 'New key pair…',
  import: 'Import public key…',
  importNow: 'Import',
  publicKey: 'Public key',
  empty: 'There are no key pairs. Make one to log in to instances by SSH.',
  columns: {
    name: 'Name',
    type: 'Type',
    fingerprint: 'Fingerprint',
    created: 'Created',
    delete: 'Delete',
  },
  delete: 'Delete',
  deleteOne: (name: string) => `Delete ${name}`,
};
