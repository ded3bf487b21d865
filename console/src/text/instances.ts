/** The list of instances. */
export const instancesText = {
  title: 'Instances',
  search: 'Search by name, id, image, address or tag=value',
  launch: 'Launch instance',
  toImages: 'Choose an image',
  empty: 'Nothing runs yet. Choose an image and launch it: a machine is up in seconds.',
  noMatch: (what: string) => `No instance matches “${what}”.`,
  columns: {
    name: 'Name',
    id: 'ID',
    state: 'State',
    type: 'Type',
    image: 'Image',
    address: 'Address',
    launched: 'Launched',
  },
};
