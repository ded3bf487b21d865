/** Remotes: other Imagos, or AWS, that backups are sent to and fetched from. */
export const remotesText = {
  title: 'Remotes',
  means:
    'Other Imagos, or AWS, that backups are sent to and fetched from. Of what is there already only what has changed is sent; each block is read back.',
  back: 'All remotes',
  add: 'New remote…',
  onlyOperator: 'The operator of this Imago names them.',
  empty: 'There is no remote here.',
  emptyCommand:
    'bin/imago remotes add NAME --endpoint https://… --remote-region REGION --credentials FILE',
  gone: (id: string) => `There is no remote ${id} here.`,
  columns: {
    name: 'Name',
    where: 'Where',
    sends: 'Sends by itself',
    rate: 'At most',
    underWay: 'Under way',
    last: 'Last',
  },
  aws: (region: string) => `AWS, ${region}`,
  imago: (endpoint: string, region: string) => `${endpoint}, ${region}`,
  nothing: 'nothing',
  withTag: (tags: string) => `what has ${tags}`,
  rate: (bytes: string) => `${bytes} a second`,
  unlimited: 'as fast as it goes',
  facts: {
    id: 'Remote',
    where: 'Where',
    key: 'Access key there',
    sends: 'Sends by itself',
    rate: 'At most',
    made: 'Named',
  },
  pull: 'Fetch…',
  changeKey: 'Change key…',
  remove: 'Remove…',
};

export const remoteTransfersText = {
  title: 'Sent and fetched',
  means: 'Those of the last month. Of one remote one goes after the other.',
  empty: 'Nothing was sent or fetched in the last month.',
  partly: (shown: number) => `${shown} are shown.`,
  more: 'Show more',
  columns: {
    what: 'What',
    remote: 'Remote',
    state: 'State',
    moved: 'Moved',
    began: 'Began',
    ended: 'Ended',
  },
  became: { push: 'there', pull: 'here' },
  directions: { push: 'sent', pull: 'fetched' },
  states: {
    running: 'under way',
    stopping: 'being stopped',
    completed: 'done',
    failed: 'failed',
    stopped: 'stopped',
  } as Record<string, string>,
  progress: (id: string) => `Progress of ${id}`,
  notBegun: 'nothing yet',
};

export const stopTransferText = {
  ask: 'Stop…',
  title: (id: string) => `Stop the transfer of ${id}`,
  means: {
    push: 'What it has put at the other end is taken away, and what was there before stays. It does not go on: the next one begins anew.',
    pull: 'What it has fetched is thrown away. It does not go on: the next one begins anew.',
  },
  stop: 'Stop it',
};

export const sendText = {
  ask: 'Send…',
  title: (id: string) => `Send ${id} to a remote`,
  means: 'Of its volumes only what the remote does not have yet is sent.',
  remote: 'Remote',
  none: 'There is no remote here. The operator of this Imago names them.',
  toRemotes: 'To the remotes',
  send: 'Send it',
};

export const pullText = {
  title: (name: string) => `Fetch a backup from ${name}`,
  means: 'Its blocks are fetched, and it is an image or a snapshot of yours here.',
  id: 'Its id there',
  idHint: 'ami-… or snap-….',
  name: 'Name of the image here',
  nameHint: 'Empty: as there.',
  fetch: 'Fetch it',
};

export const newRemoteText = {
  title: 'New remote',
  add: 'Name it',
  name: 'Name',
  where: 'Where it is',
  places: { imago: 'Another Imago', aws: 'AWS' },
  endpoint: 'Endpoint',
  endpointHint: 'https://…, or http:// with an address of this host.',
  region: 'Region there',
  accessKeyId: 'Access key id there',
  secret: 'Secret access key there',
  secretHint: 'It is sealed, and never shown again.',
  authority: 'Who has signed its certificate, as PEM',
  authorityHint: 'Empty: whom the system trusts.',
  rate: 'At most, in MiB a second',
  rateHint: 'Empty: as fast as it goes.',
  tags: 'Send by itself what has one of these tags',
  tagsHint: 'A line a tag: key=value. Images and snapshots are sent as soon as they are whole.',
  account: 'For the account',
  accountHint: 'Empty: your own.',
};

export const changeKeyText = {
  title: (name: string) => `Another key for ${name}`,
  means: 'What is on its way goes on with it. The key that it has now is forgotten here.',
  change: 'Change it',
};

export const removeRemoteText = {
  title: (name: string) => `Remove ${name}`,
  means: 'What is there stays there. Transfers that are under way fail.',
  remove: 'Remove it',
};
