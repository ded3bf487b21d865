/** Drills of images: an account's own, of any image that it may launch. */
import { startDrill } from '../../../server/operations/imago/StartDrill.ts';
import { insertImage } from '../../../server/operations/test-images.ts';
import { type AuthorisationTable, byOne } from '../table.ts';

export const table: AuthorisationTable = {
  nouns: {
    drill: {
      async make(context) {
        const { id: ImageId } = await insertImage(context);
        return (await startDrill.run({ ImageId }, context)).DrillId;
      },
      missing: 'drill-0fedcba9876543210',
      unseen: 'InvalidDrillId.NotFound',
    },
  },
  actions: {
    'imago.DescribeDrills': byOne('DrillIds', 'drill', {
      // Which of one's own are meant: what images there are it does not tell.
      plain: ['ImageIds'],
    }),
    'imago.GetDrillEvidence': byOne('DrillId', 'drill'),
    'imago.StartDrill': byOne('ImageId', 'image', {
      seen: 'ok',
      with: { Checks: [{ Command: 'true' }] },
      plain: ['Checks.Name'],
    }),
    'imago.StopDrill': byOne('DrillId', 'drill'),
  },
};
