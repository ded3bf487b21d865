import type {
  ListComponentsRequest,
  ListComponentsResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import type { ComponentRow } from '../../../catalog/rows/component.ts';
import { nameOfArn } from '../../../catalog/rows/image-recipe.ts';
import { pageOfStream } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import {
  builderFilter,
  builderPage,
  type FilterValues,
  firstOfEach,
  isOwnAsked,
} from '../../requests/image-builder.ts';
import { componentVersion } from '../../shapes/image-builder.ts';

const filters: FilterValues<ComponentRow> = {
  description: (row) => row.description,
  name: (row) => row.name,
  platform: (row) => row.platform,
  supportedOsVersion: (row) => row.supportedOsVersions,
  type: (row) => row.type,
  version: (row) => row.semanticVersion,
};

/** Versions, or, by name, names, each once. */
export const listComponents: Operation<ListComponentsRequest, ListComponentsResponse> = {
  accepts: ['owner', 'filters', 'byName', 'maxResults', 'nextToken'],
  async run(input, { catalog, caller, requestId }) {
    const { account, region } = caller;
    const page = builderPage(input, caller, 'ListComponents');
    const matches = builderFilter(input.filters, filters);
    if (!isOwnAsked(input.owner)) return { requestId, componentVersionList: [] };
    const { byName = false } = input;
    const groupOf = ({ id }: ComponentRow) =>
      byName ? nameOfArn(id) : id.slice(0, id.lastIndexOf('/'));
    const { shown, nextToken } = await catalog.read(({ components }) => {
      const rows = components.scan({ where: { account, region }, after: page.after });
      return pageOfStream(firstOfEach(rows, groupOf, matches), page, ({ row }) =>
        byName ? ofName(row) : componentVersion(row),
      );
    });
    return { requestId, componentVersionList: shown, nextToken };
  },
};

function ofName(row: ComponentRow) {
  const { platform, type, name, account: owner } = row;
  return { arn: `${nameOfArn(row.id)}/x.x.x`, name, version: 'x.x.x', platform, type, owner };
}
