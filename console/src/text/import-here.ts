/** Where disk files are dropped. */
export const importText = {
  open: 'Import…',
  drop: 'Drop the disk file here to import it',
};
