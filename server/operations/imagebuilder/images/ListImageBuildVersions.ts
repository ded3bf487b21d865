import type {
  ListImageBuildVersionsRequest,
  ListImageBuildVersionsResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn } from '../../../domain/imagebuilder/arns.ts';
import { readShownPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { builderFilter, builderPage } from '../../requests/image-builder.ts';
import { imageFilters, imageSummary } from '../../shapes/image-builds.ts';

/** Of all images where none is named. */
export const listImageBuildVersions: Operation<
  ListImageBuildVersionsRequest,
  ListImageBuildVersionsResponse
> = {
  accepts: ['imageVersionArn', 'filters', 'maxResults', 'nextToken'],
  async run(input, { catalog, caller, requestId }) {
    const { account, region } = caller;
    const { imageVersionArn: version } = input;
    const page = builderPage(input, caller, 'ListImageBuildVersions');
    const matches = builderFilter(input.filters, imageFilters);
    if (version !== undefined) parsedArn(version, 'imageVersionArn', 'image', 'version');
    const where = { account, region, ...(version !== undefined && { version }) };
    const { shown, nextToken } = await catalog.read(({ imageBuilds }) =>
      readShownPage(imageBuilds, where, page, (row) =>
        matches(row) ? imageSummary(row) : undefined,
      ),
    );
    return { requestId, imageSummaryList: shown, nextToken };
  },
};
