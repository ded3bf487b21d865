import type {
  GetImageFindingsRequest,
  GetImageFindingsResult,
} from '../../../../api/generated/ec2-types.ts';
import { findingKey } from '../../../domain/image-findings.ts';
import { requiredImage } from '../../../domain/images.ts';
import { cutPage, pageOf, usualPageBounds } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { findingShape } from '../../shapes/image-findings.ts';

/** Of an image that was never checked there are none. */
export const getImageFindings: Operation<GetImageFindingsRequest, GetImageFindingsResult> = {
  accepts: ['ImageId', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller }) {
    const action = `GetImageFindings ${input.ImageId}`;
    const page = pageOf(input, { ...caller, action }, usualPageBounds);
    const { scan } = await catalog.read((reader) => requiredImage(reader, caller, input.ImageId));
    const findings = (scan?.findings ?? [])
      .map((finding) => ({ id: findingKey(finding), finding }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const { rows, nextToken } = cutPage(findings, page);
    const updatedAt = scan?.scannedAt ?? '';
    return {
      ImageFindings: rows.map(({ finding }) => findingShape(finding, updatedAt)),
      NextToken: nextToken,
    };
  },
};
