/** One instance. */
export const instanceText = {
  back: '← Instances',
  tabsLabel: 'Parts of this instance',
  gone: (id: string) => `There is no instance ${id} in this account and region (any more).`,
  notRunning: 'The instance does not run. Start it to see this.',
  tabs: { details: 'Details', console: 'Serial console', screen: 'Screen' },
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
  step: (step: string) => `at “${step}”`,
  done: 'The image can be launched.',
  inBackground: 'Close',
  toImage: 'Go to the image',
};

export const consoleText = {
  open: 'Connected: what you type goes to the guest.',
  connecting: 'Connecting…',
};

export const screenText = {
  alt: (id: string) => `Screen of ${id}`,
};
