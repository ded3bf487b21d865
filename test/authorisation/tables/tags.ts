import { type AuthorisationTable, type Naming, ownOnly } from '../table.ts';

const nouns =
  'image usageReport instance volume snapshot keyPair launchTemplate fleet rootReplacement securityGroup securityGroupRule vpc subnet networkInterface'.split(
    ' ',
  );

/** One's own only, also where others see a thing. */
const resources: Naming[] = nouns.map((noun) => ({
  path: 'Resources',
  noun,
  seen: 'UnsupportedOperation',
}));

export const table: AuthorisationTable = {
  actions: {
    'ec2.CreateTags': { with: { Tags: [{ Key: 'a', Value: 'b' }] }, names: resources },
    'ec2.DeleteTags': { names: resources },
    'ec2.DescribeTags': ownOnly,
  },
};
