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
    findings: 'Findings',
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
};

export const actionsText = {
  launch: 'Launch',
  copy: 'Copy…',
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
  unprotectMeans:
    'It can be deregistered then; where it was protected with a cooldown, a day later.',
  cooldown: 'A day must pass between taking the protection away and deregistering it',
  deregister: 'Deregister…',
  deregisterMeans:
    'No new instance can be launched of it. Instances go on. Where a rule of the recycle bin holds, it can be restored for a time.',
  withSnapshots: 'Delete its snapshots as well',
  notAvailable: 'Only an image that is available can be.',
  isProtected: 'It is protected from being deregistered.',
};
