/** One instance. */
export const instanceText = {
  back: '← Instances',
  tabsLabel: 'Parts of this instance',
  gone: (id: string) => `There is no instance ${id} in this account and region (any more).`,
  notRunning: 'The instance does not run. Start it to see this.',
  tabs: {
    details: 'Details',
    settings: 'Settings',
    events: 'Events',
    metrics: 'Metrics',
    drift: 'Drift',
    console: 'Serial console',
    screen: 'Screen',
  },
  facts: {
    title: 'Properties',
    id: 'ID',
    image: 'Image',
    type: 'Type',
    launched: 'Launched',
    publicIp: 'Public address',
    privateIp: 'Private address',
    key: 'Key pair',
    groups: 'Security groups',
    zone: 'Zone',
    boot: 'Booted by',
    metadata: 'Metadata service',
    platform: 'Platform',
    reason: 'Reason of its state',
  },
  ports: {
    title: 'Reached from this host',
    none: 'Its security groups open nothing.',
    one: (protocol: string, port: number) => `${protocol} ${port}`,
  },
  disks: {
    title: 'Disks',
    none: 'It has no disks.',
    device: 'Device',
    volume: 'Volume',
    state: 'State',
    ends: 'Deleted with the instance',
  },
};

const only = (states: string) => (now: string) => `Only while it is ${states}; it is ${now}.`;

export const instanceActionsText = {
  capture: 'Capture image…',
  start: 'Start',
  stop: 'Stop…',
  reboot: 'Reboot',
  terminate: 'Terminate…',
  replaceRoot: 'Replace root…',
  restore: 'Restore…',
  isProtected: 'It is protected from being terminated (Settings).',
  isStopProtected: 'It is protected from being stopped (Settings).',
  stopTitle: (id: string) => `Stop ${id}`,
  stopNow: 'Stop',
  stopMeans: 'The guest is asked to shut down. Its disks stay; its memory and public address go.',
  force: 'Force',
  forceHint: 'As if its power were cut.',
  terminateTitle: (id: string) => `Terminate ${id}`,
  terminateNow: 'Terminate',
  terminateMeans: 'The instance ends, and disks that are to be deleted with it are gone for good.',
  not: {
    capture: only('running or stopped'),
    start: only('stopped'),
    stop: only('running'),
    reboot: only('running'),
    replaceRoot: only('running'),
    terminate: only('there'),
  },
};

export const captureText = {
  title: 'Capture an image',
  capture: 'Capture',
  meansRunning:
    'The guest is paused for some milliseconds and runs on while its blocks are stored.',
  meansStopped: 'What its disks hold is stored.',
  name: 'Name of the image',
  description: 'Description',
  reboots: 'Reboot it for that',
  rebootsHint: 'Programs of the guest are shut down, so that they have written all they hold.',
  paused: 'Guest paused',
  ms: (count: number) => `${Math.ceil(count)} ms`,
  stored: 'Newly stored',
  shared: 'Shared with other images',
  failed: 'It could not be captured. The instance is as it was.',
  done: 'The image can be launched.',
  inBackground: 'Close',
  toImage: 'Go to the image',
};

export const consoleText = {
  open: 'Connected: what you type goes to the guest. Ctrl-Shift-C copies what is marked, Ctrl-Shift-V pastes, Ctrl-] gives the keyboard back to this page.',
  connecting: 'Connecting…',
  copy: 'Copy what is marked',
  paste: 'Paste',
  cannotPaste: 'The browser does not let this page read what was copied: press Ctrl-Shift-V.',
  nothingMarked: 'Mark something first.',
};

export const screenText = {
  alt: (id: string) => `Screen of ${id}`,
  open: 'Connected: what you type goes to the guest. Ctrl-] gives the keyboard back to this page.',
  connecting: 'Connecting…',
  viewOnly:
    'View only: a picture, taken again every few seconds. Nothing can be typed to this machine now; one that an older Imago started has a keyboard after a stop and a start.',
  ctrlAltDel: 'Press Ctrl-Alt-Del',
  type: 'Type text…',
  typeTitle: 'Type a text at the keyboard of the machine',
  typeNow: 'Type it',
  typed: 'Text',
  typedHint:
    'What was copied elsewhere is pasted here. It is typed key by key, as on a US keyboard; a line ends with Enter.',
  withoutKey: (signs: string) => `A US keyboard has no key for ${signs}`,
  fullScreen: 'Full screen',
  picture: 'Save a picture',
};

export const instanceSettingsText = {
  title: 'Settings',
  change: 'Change…',
  save: 'Save',
  isGone: 'It has ended.',
  stopFirst: 'Only while it is stopped.',
  type: 'Type',
  groups: 'Security groups',
  groupsMean: 'The guest’s ports are opened and closed at once.',
  metadata: 'Metadata service',
  metadataIs: (options: { HttpEndpoint?: string; HttpTokens?: string }) => {
    if (options.HttpEndpoint === 'disabled') return 'off';
    return options.HttpTokens === 'required' ? 'on, with tokens only' : 'on, tokens optional';
  },
  metadataOn: 'The guest can ask for its metadata',
  needsToken: 'With a token only (IMDSv2)',
  needsTokenHint: 'Programs of the guest that are tricked into asking get nothing.',
  metadataTags: 'Tags are in the metadata',
  hops: 'Hops of a token’s answer',
  userData: 'User data',
  userDataMeans: 'Most systems read it at their first boot only.',
  bytes: (count: number) => `${count} ${count === 1 ? 'byte' : 'bytes'}`,
  terminationProtection: 'Termination protection',
  stopProtection: 'Stop protection',
  turn: (on: boolean) => (on ? 'Turn on' : 'Turn off'),
  isOn: (on: boolean | undefined) => (on === undefined ? '' : on ? 'on' : 'off'),
  shutdown: 'When the guest shuts itself down',
  shutdownIs: (behaviour: string) =>
    behaviour === 'stop' ? 'the instance is stopped' : 'the instance ends for good',
  shutdownTo: (behaviour: string) => (behaviour === 'stop' ? 'Stop instead' : 'Terminate instead'),
  disk: (device: string) => `Disk ${device}`,
  diskGoes: 'is deleted with the instance',
  diskStays: 'is kept when the instance ends',
  keepDisk: 'Keep',
  deleteDisk: 'Delete with the instance',
};

export const replaceRootText = {
  title: (id: string) => `Replace the root volume of ${id}`,
  replace: 'Replace',
  means:
    'The guest is shut down, gets another root volume and starts again. Its other disks, addresses and groups stay.',
  from: 'The new root is',
  forms: {
    launch: 'as it was at the launch',
    snapshot: 'of a snapshot of a root of this instance',
    image: 'that of an image',
    volume: 'a volume that is free',
  },
  ids: { snapshot: 'Snapshot', image: 'Image', volume: 'Volume' },
  idHints: { snapshot: 'Its id, snap-…', image: 'Its id, ami-…', volume: 'Its id, vol-…' },
  deleteOld: 'Delete the volume that was its root',
};

export const instanceEventsText = {
  title: 'What happened',
  none: 'Nothing is told of it.',
  status: 'Checks',
  system: 'The host',
  machine: 'The machine',
  columns: { at: 'When', what: 'What', id: 'Which', state: 'State' },
  started: 'Started',
  stateChanged: 'Its state changed',
  attached: (device: string) => `A volume was attached as ${device}`,
  rootReplaced: 'Root volume replaced',
  captured: 'Captured as an image',
  kinds: { 'replace-root-volume': 'Its root volume is replaced' } as Record<string, string>,
};
