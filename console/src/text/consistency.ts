/** How consistent images and snapshots are. */
export const consistencyText = {
  title: 'Consistency',
  means: {
    application: 'the guest’s file systems were at rest',
    crash: 'as after a power cut',
    'at-rest': 'no machine had the volume',
  },
  crash: 'crash-consistent',
};
