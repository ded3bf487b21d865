import { type AuthorisationTable, type Naming, ownOnly } from '../table.ts';

/** Of one's own only, also where others see a thing. */
const resources: Naming[] = [
  ...['image', 'instance', 'volume', 'snapshot', 'keyPair', 'securityGroup', 'vpc', 'subnet'].map(
    (noun) => ({ path: 'Resources', noun, seen: 'UnsupportedOperation' }),
  ),
];

export const table: AuthorisationTable = {
  actions: {
    'ec2.CreateTags': { with: { Tags: [{ Key: 'a', Value: 'b' }] }, names: resources },
    'ec2.DeleteTags': { names: resources },
    'ec2.DescribeTags': ownOnly,
  },
};
