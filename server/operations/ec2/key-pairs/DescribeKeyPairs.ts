import type {
  DescribeKeyPairsRequest,
  DescribeKeyPairsResult,
} from '../../../../api/generated/ec2-types.ts';
import { rowFilter } from '../../../domain/filters.ts';
import { keyPairFilters, requiredKeyPairs } from '../../../domain/key-pairs.ts';
import type { Operation } from '../../operation.ts';
import { tagList } from '../../shapes/tags.ts';

export const describeKeyPairs: Operation<DescribeKeyPairsRequest, DescribeKeyPairsResult> = {
  accepts: ['KeyNames', 'KeyPairIds', 'IncludePublicKey', 'Filters'],
  async run(input, { catalog, caller }) {
    const { KeyNames: names = [], KeyPairIds: ids = [], IncludePublicKey } = input;
    const filter = rowFilter(input.Filters, keyPairFilters);
    const { account, region } = caller;
    const rows = await catalog.read((reader) =>
      names.length + ids.length > 0
        ? requiredKeyPairs(reader, caller, { ids, names })
        : reader.keyPairs.list({ where: { account, region, name: filter.exact('key-name') } }),
    );
    return {
      KeyPairs: rows.filter(filter.matches).map((row) => ({
        KeyPairId: row.id,
        KeyName: row.name,
        KeyType: row.keyType,
        KeyFingerprint: row.fingerprint,
        CreateTime: new Date(row.createdAt),
        PublicKey: IncludePublicKey ? row.publicKey : undefined,
        Tags: tagList(row.tags),
      })),
    };
  },
};
