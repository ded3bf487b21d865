import type {
  DescribeLaunchTemplatesRequest,
  DescribeLaunchTemplatesResult,
} from '../../../../api/generated/ec2-types.ts';
import { rowFilter } from '../../../domain/filters.ts';
import {
  launchTemplateFilters,
  launchTemplatePageBounds,
  requiredLaunchTemplates,
} from '../../../domain/launch-templates.ts';
import { cutPage, pageOf, readPage } from '../../../domain/pages.ts';
import { tagCondition } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { launchTemplateShape } from '../../shapes/launch-templates.ts';

const action = 'DescribeLaunchTemplates';

export const describeLaunchTemplates: Operation<
  DescribeLaunchTemplatesRequest,
  DescribeLaunchTemplatesResult
> = {
  accepts: ['LaunchTemplateIds', 'LaunchTemplateNames', 'Filters', 'MaxResults', 'NextToken'],
  fixed: { IncludeManagedResources: [false, true] },
  inPages: { list: 'LaunchTemplates', rows: launchTemplatePageBounds.max },
  async run(input, { catalog, caller }) {
    const { LaunchTemplateIds: ids = [], LaunchTemplateNames: names = [] } = input;
    const { account, region } = caller;
    const page = pageOf(input, { ...caller, action }, launchTemplatePageBounds);
    const filter = rowFilter(input.Filters, launchTemplateFilters);
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (ids.length + names.length === 0) {
        const name = filter.exact('launch-template-name');
        const where = { account, region, name, ...tagCondition(caller, filter) };
        return readPage(reader.launchTemplates, where, page, filter.matches);
      }
      const named = await requiredLaunchTemplates(reader, caller, { ids, names });
      return cutPage(named.filter(filter.matches).sort(byId), page);
    });
    return { LaunchTemplates: rows.map(launchTemplateShape), NextToken: nextToken };
  },
};

function byId(one: { id: string }, other: { id: string }): number {
  return one.id < other.id ? -1 : 1;
}
