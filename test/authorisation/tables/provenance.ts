import { type AuthorisationTable, byOne, ownOnly } from '../table.ts';

export const table: AuthorisationTable = {
  actions: {
    'imago.DescribeImageLineage': byOne('ImageId', 'image', { seen: 'ok' }),
    'imago.GetImageManifest': byOne('ImageId', 'image', { seen: 'ok' }),
    // Whoever sees it may vouch for it.
    'imago.SignImage': byOne('ImageId', 'image', { seen: 'ok' }),
    'imago.VerifyImage': byOne('ImageId', 'image', { seen: 'ok' }),
    'imago.MakeImage': {
      with: { Parent: 'micro', Name: 'made by the matrix' },
      plain: ['Name', 'Files.Owner'],
    },
    'imago.DescribeSigningKeys': ownOnly,
    'imago.RotateSigningKey': ownOnly,
    'imago.GetLaunchPolicy': ownOnly,
    'imago.PutLaunchPolicy': { with: { SignedBy: ['111122223333'] } },
    'imago.DeleteLaunchPolicy': ownOnly,
  },
};
