/** Launch templates. */
export const templatesText = {
  title: 'Launch templates',
  create: 'New template…',
  createNow: 'Create',
  empty: 'There are no launch templates. One keeps what a launch needs, in versions.',
  image: 'Image',
  imageHint: 'An id (ami-…), or resolve:ssm: and the name of a parameter.',
  type: 'Instance type',
  columns: {
    name: 'Name',
    id: 'ID',
    default: 'Default version',
    latest: 'Latest version',
    created: 'Created',
  },
};

export const templateText = {
  back: '← Launch templates',
  gone: (id: string) => `There is no launch template ${id} in this account and region.`,
  versions: 'Versions',
  newVersion: 'New version…',
  create: 'Create version',
  versionMeans: (latest: number) => `What is left empty is as in version ${latest}.`,
  delete: 'Delete…',
  deleteNow: 'Delete',
  deleteMeans: 'All its versions go with it. Instances go on.',
  launch: 'Launch',
  makeDefault: 'Make default',
  isDefault: 'It is the default already.',
  default: 'default',
  columns: {
    version: 'Version',
    description: 'Description',
    image: 'Image',
    type: 'Type',
    created: 'Created',
    actions: 'Actions',
  },
};
