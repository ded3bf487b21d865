import type {
  ListImagesRequest,
  ListImagesResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import type { ImageBuildRow } from '../../../catalog/rows/image-build.ts';
import { nameOfArn } from '../../../catalog/rows/image-recipe.ts';
import { pageOfStream } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import {
  builderFilter,
  builderPage,
  firstOfEach,
  isOwnAsked,
} from '../../requests/image-builder.ts';
import { imageFilters, imageVersion } from '../../shapes/image-builds.ts';

/** Versions, or, by name, names, each once. */
export const listImages: Operation<ListImagesRequest, ListImagesResponse> = {
  accepts: ['owner', 'filters', 'byName', 'maxResults', 'nextToken', 'includeDeprecated'],
  async run(input, { catalog, caller, requestId }) {
    const { account, region } = caller;
    const { byName = false, includeDeprecated = false } = input;
    const page = builderPage(input, caller, 'ListImages');
    const matches = builderFilter(input.filters, imageFilters);
    if (!isOwnAsked(input.owner)) return { requestId, imageVersionList: [] };
    const isMeant = (row: ImageBuildRow) =>
      matches(row) && (includeDeprecated || row.state !== 'DEPRECATED');
    const groupOf = ({ id }: ImageBuildRow) =>
      byName ? nameOfArn(id) : id.slice(0, id.lastIndexOf('/'));
    const { shown, nextToken } = await catalog.read(({ imageBuilds }) => {
      const rows = imageBuilds.scan({ where: { account, region }, after: page.after });
      return pageOfStream(firstOfEach(rows, groupOf, isMeant), page, ({ row }) =>
        byName
          ? { ...imageVersion(row), arn: `${nameOfArn(row.id)}/x.x.x`, version: 'x.x.x' }
          : imageVersion(row),
      );
    });
    return { requestId, imageVersionList: shown, nextToken };
  },
};
