import type {
  ListComponentBuildVersionsRequest,
  ListComponentBuildVersionsResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn } from '../../../domain/imagebuilder/arns.ts';
import { readShownPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { builderPage } from '../../requests/image-builder.ts';
import { componentSummary } from '../../shapes/image-builder.ts';

/** Of all components where none is named. */
export const listComponentBuildVersions: Operation<
  ListComponentBuildVersionsRequest,
  ListComponentBuildVersionsResponse
> = {
  accepts: ['componentVersionArn', 'maxResults', 'nextToken'],
  async run(input, { catalog, caller, requestId }) {
    const { account, region } = caller;
    const { componentVersionArn: arn } = input;
    const page = builderPage(input, caller, 'ListComponentBuildVersions');
    const asked =
      arn === undefined ? undefined : parsedArn(arn, 'componentVersionArn', 'component', 'version');
    const where = { account, region, ...(asked && { slug: asked.slug }) };
    const { shown, nextToken } = await catalog.read(({ components }) =>
      readShownPage(components, where, page, (row) =>
        !asked || row.id.startsWith(`${arn}/`) ? componentSummary(row) : undefined,
      ),
    );
    return { requestId, componentSummaryList: shown, nextToken };
  },
};
