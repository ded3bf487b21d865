/** One image. */
export const imageText = {
  back: '← Images',
  tabsLabel: 'Parts of this image',
  gone: (id: string) =>
    `There is no image ${id} that this account sees. It may have been deregistered, or be in another region.`,
  tabs: {
    details: 'Details',
    permissions: 'Permissions',
    lineage: 'Lineage',
    uses: 'Used by',
    system: 'System',
    files: 'Files',
    packages: 'Packages',
    compare: 'Compare',
    findings: 'Findings',
    signature: 'Signature',
  },
  facts: {
    title: 'Properties',
    id: 'ID',
    description: 'Description',
    owner: 'Owner',
    created: 'Created',
    launched: 'Last launched',
    platform: 'Platform',
    boot: 'Boots by',
    tpm: 'TPM',
    types: 'Instance types',
    public: 'Public',
    allowed: 'Allowed here',
    deprecation: 'Deprecated',
    protection: 'Deregistration protection',
    imds: 'Metadata service',
    ena: 'Enhanced networking',
    source: 'Made from',
    instance: 'Captured of',
    products: 'Products',
    watermarks: 'Watermarks',
    parameter: 'Parameter',
    reason: 'Reason',
  },
  boot: (mode = 'legacy-bios') =>
    ({
      'legacy-bios': 'BIOS',
      uefi: 'UEFI',
      'uefi-preferred': 'UEFI, else BIOS',
    })[mode] ?? mode,
  tpm: (version: string | undefined) =>
    version ? `its instances have one (${version})` : 'its instances have none',
  imds: { v2: 'with a token only (v2)', any: 'with or without a token (v1 and v2)' },
  only: (types: string) => `only ${types}`,
  not: (types: string) => `not ${types}`,
  protection: {
    disabled: 'off',
    'enabled-without-cooldown': 'on',
    'enabled-with-cooldown': 'on, and for a day after it is taken away',
  } as Record<string, string>,
  allowed: {
    notAsked: 'every image is: this account has no allowed-images settings',
    own: 'yes: one’s own images always are',
    meets: 'yes: it meets a criterion of this account',
    not: 'no: it meets none of this account’s criteria, and cannot be launched.',
    audited:
      'no: it meets none of this account’s criteria; in audit mode it can still be launched.',
    settings: 'Allowed images',
  },
  progress: { title: 'Being made', waits: 'It waits for its turn.' },
  captured: {
    title: 'Capture',
    pause: 'Guest paused',
    hooks: 'Its hooks took',
    rebooted: 'it was rebooted',
    took: 'Took',
    ms: (count: number) => (count < 10_000 ? `${count} ms` : `${Math.round(count / 1000)} s`),
    stored: 'Newly stored',
    shared: 'Shared with other images',
  },
  disks: {
    title: 'Disks',
    none: 'It has no disks.',
    device: 'Device',
    snapshot: 'Snapshot',
    size: 'Size',
    type: 'Type',
    ends: 'Deleted with the instance',
  },
};

export const permissionsText = {
  title: 'Who may launch it',
  isPublic: 'It is public: every account sees and launches it.',
  isPrivate: 'It is private: besides you, only these accounts and organizations launch it.',
  share: 'Share…',
  with: 'With whom',
  withHint:
    'An account’s id, or the ARN of an organization or an organizational unit (arn:aws:organizations::…).',
  remove: 'Remove',
  removeFrom: (who: string) => `Remove ${who}`,
  makePublic: 'Make public…',
  makePrivate: 'Make private…',
  publicMeans:
    'Every account of this Imago will see this image and may launch it. Check first that nothing private is left in it (Findings).',
  privateMeans: 'Accounts that it is not shared with see it no more. Their instances go on.',
};

export const usesText = {
  title: 'What names this image',
  none: 'No instance, launch template or parameter of this account names it.',
  type: 'Kind',
  id: 'Which',
  types: {
    'ec2:Instance': 'Instance',
    'ec2:LaunchTemplate': 'Launch template',
    'ssm:Parameter': 'Parameter',
  } as Record<string, string>,
};

export const findingsText = {
  title: 'What is left in it',
  checked: 'Its files were checked',
  unchecked: 'Its files have not been checked: for keys, passwords and histories that were left.',
  check: 'Check now',
  checking: 'Being checked…',
  severity: 'Severity',
  what: 'What, and what to do',
  where: 'Where',
  none: 'Nothing was found.',
};

export const lineageText = {
  title: 'Lineage',
  hint: 'Left: what it was made from. Right: what was made of it. Drag or use the arrow keys to move, + and - to zoom.',
  isCut: 'There are more than are shown.',
  larger: 'Larger',
  smaller: 'Smaller',
  fit: 'Show all',
  kinds: { image: 'Image', instance: 'Instance' },
  how: { copy: 'copied', launch: 'launched', capture: 'captured', ancestor: 'made from' },
  images: 'Its images, in all regions',
  none: 'There are none that this account sees.',
  inherited: 'of what it was made from',
  /** Such as `ami-0123456789abcdef0 deprecated`. */
  ofParent: (warning: string) => `of ${warning}`,
  columns: {
    image: 'Image',
    created: 'Created',
    size: 'Size',
    exclusive: 'Would free',
    digest: 'Manifest',
    warnings: 'What speaks against it',
  },
};

export const settingsText = {
  title: 'Settings',
  save: 'Save',
  notAvailable: 'Only of an image that is available.',
  description: 'Description…',
  descriptionIs: 'Description',
  watermark: 'Watermark',
  attach: 'Attach watermark…',
  attachNow: 'Attach',
  attachMeans:
    'A watermark goes on to every copy of this image and to what is captured of its instances. Accounts can allow only images that have one.',
  isPublic: 'A public image gets no watermarks.',
  watermarkName: 'Name, such as approved',
  detach: 'Detach',
  detachOne: (key: string) => `Detach ${key}`,
  types: 'Instance types…',
  typesMean: 'What this image is made for. It can be launched with another type all the same.',
  supported: 'Made for',
  unsupported: 'Not for',
  typesHint: 'Types such as t3.micro, with spaces between. Empty: nothing is said.',
  imds: 'Require metadata tokens…',
  imdsNow: 'Require',
  imdsMeans:
    'New instances of it get their metadata service with tokens only (IMDSv2). This cannot be taken back.',
  imdsIs: 'It requires them already.',
};

export const actionsText = {
  launch: 'Launch',
  restore: 'Restore…',
  copy: 'Copy…',
  drills: 'Drills',
  copyTitle: (id: string) => `Copy ${id}`,
  name: 'Name of the copy',
  toRegion: 'To region',
  withTags: 'Take your tags along',
  deprecate: 'Deprecate…',
  deprecateMeans:
    'From that day on the image is not listed any more for whoever does not ask for it by its id. It can still be launched.',
  day: 'Day',
  dayHint: 'Empty: not deprecated.',
  save: 'Save',
  enable: 'Enable',
  disable: 'Disable…',
  disableMeans:
    'It cannot be launched until you enable it again, and all its launch permissions are taken away. Instances go on.',
  protect: 'Protect…',
  unprotect: 'Take protection away…',
  protectMeans: 'It cannot be deregistered while it is protected.',
  unprotectMeans: 'It can be deregistered then.',
  unprotectMeansLater: (moment: string) =>
    `It was protected with a cooldown: it can be deregistered a day later, from ${moment} on.`,
  cooldown: 'A day must pass between taking the protection away and deregistering it',
  deregister: 'Deregister…',
  deregisterMeans: 'No new instance can be launched of it. Instances go on.',
  kept: (days: number) =>
    `A rule holds: the recycle bin keeps it for ${days === 1 ? 'a day' : `${days} days`}.`,
  notKept: 'No rule of the recycle bin holds for it: it cannot be restored.',
  leave: 'Give up access…',
  leaveNow: 'Give up access',
  leaveMeans: (owner: string) =>
    `You see this image no more, nor launch it, until its owner ${owner} shares it again. Your instances go on.`,
  withSnapshots: 'Delete its snapshots as well',
  notAvailable: 'Only an image that is available can be.',
  isProtected: 'It is protected from being deregistered.',
};
