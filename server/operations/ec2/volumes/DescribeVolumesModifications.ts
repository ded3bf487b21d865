import type {
  DescribeVolumesModificationsRequest,
  DescribeVolumesModificationsResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { cutPage, pageOf, readShownPage } from '../../../domain/pages.ts';
import { isModified, type ModifiedVolume } from '../../../domain/volume-modifications.ts';
import { shownFigures } from '../../../domain/volume-types.ts';
import { requiredVolumes } from '../../../domain/volumes.ts';
import type { Operation } from '../../operation.ts';
import { modificationShape } from '../../shapes/volumes.ts';

const pageBounds = { min: 1, max: 500 };

const iopsOf = (figures: ModifiedVolume['modification']['from']) =>
  shownFigures(figures).iops?.toString();

const filters: FilterTable<ModifiedVolume> = {
  values: {
    'modification-state': ({ modification }) => modification.state,
    'original-iops': ({ modification }) => iopsOf(modification.from),
    'original-size': ({ modification }) => String(modification.from.sizeGiB),
    'original-volume-type': ({ modification }) => modification.from.volumeType,
    originalMultiAttachEnabled: () => 'false',
    'start-time': ({ modification }) => modification.startedAt,
    'target-iops': ({ modification }) => iopsOf(modification.to),
    'target-size': ({ modification }) => String(modification.to.sizeGiB),
    'target-volume-type': ({ modification }) => modification.to.volumeType,
    targetMultiAttachEnabled: () => 'false',
    'volume-id': ({ id }) => id,
  },
};

/** The newest of each volume that was ever modified. */
export const describeVolumesModifications: Operation<
  DescribeVolumesModificationsRequest,
  DescribeVolumesModificationsResult
> = {
  accepts: ['VolumeIds', 'Filters', 'MaxResults', 'NextToken'],
  // No service of AWS manages anything here.
  fixed: { IncludeManagedResources: [false, true] },
  inPages: { list: 'VolumesModifications', ids: 'VolumeIds', rows: pageBounds.max },
  async run(input, { catalog, caller }) {
    const { VolumeIds: ids = [] } = input;
    const { account, region } = caller;
    const scope = { account, region, action: 'DescribeVolumesModifications' };
    const page = pageOf(input, scope, pageBounds, ids);
    const filter = rowFilter(input.Filters, filters);
    const { shown, nextToken } = await catalog.read(async (reader) => {
      if (ids.length > 0) {
        const named = (await requiredVolumes(reader, caller, ids)).map((row) => {
          if (isModified(row)) return row;
          throw new ServiceError(
            'InvalidVolumeModification.NotFound',
            `Modification for volume '${row.id}' does not exist.`,
          );
        });
        const { rows, nextToken } = cutPage(named.filter(filter.matches), page);
        return { shown: rows, nextToken };
      }
      const where = { account, region, id: filter.exact('volume-id') };
      return readShownPage(reader.volumes, where, page, (row) =>
        isModified(row) && filter.matches(row) ? row : undefined,
      );
    });
    return { VolumesModifications: shown.map(modificationShape), NextToken: nextToken };
  },
};
