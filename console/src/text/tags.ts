/** Tags. */
export const tagsText = {
  title: 'Tags',
  none: 'No tags.',
  edit: 'Edit tags',
  editTitle: (id: string) => `Tags of ${id}`,
  lines: 'One a line, as key=value',
  save: 'Save tags',
};
