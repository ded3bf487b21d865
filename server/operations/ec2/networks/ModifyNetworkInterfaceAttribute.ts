import type { ModifyNetworkInterfaceAttributeRequest } from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { withGroups } from '../../../domain/instance-attributes.ts';
import { requiredInterface } from '../../../domain/network-interfaces.ts';
import type { Operation } from '../../operation.ts';
import { attachmentId } from '../../shapes/network-interfaces.ts';

const descriptionMaxChars = 255;

/** The groups are the instance's, and hold for its guest at once. */
export const modifyNetworkInterfaceAttribute: Operation<
  ModifyNetworkInterfaceAttributeRequest,
  Record<string, never>
> = {
  accepts: ['NetworkInterfaceId', 'Description', 'Groups', 'Attachment.AttachmentId'],
  fixed: {
    'SourceDestCheck.Value': true,
    'Attachment.DeleteOnTermination': true,
  },
  async run(input, { catalog, caller }) {
    const { NetworkInterfaceId: id, Groups: groups, Description, Attachment } = input;
    const description = Description?.Value;
    checkOne(input);
    if ((description?.length ?? 0) > descriptionMaxChars) {
      throw new ServiceError(
        'InvalidParameterValue',
        `A description has at most ${descriptionMaxChars} characters.`,
      );
    }
    await catalog.write(async (transaction) => {
      const row = await requiredInterface(transaction, caller, id);
      if (Attachment && Attachment.AttachmentId !== attachmentId(row)) {
        throw new ServiceError(
          'InvalidAttachmentID.NotFound',
          `The attachment ID '${Attachment.AttachmentId}' does not exist`,
        );
      }
      if (groups) {
        await transaction.instances.update(await withGroups(transaction, caller, row, groups));
      }
      if (description !== undefined) {
        await transaction.instances.update({ ...row, networkInterfaceDescription: description });
      }
    });
    return {};
  },
};

function checkOne(input: ModifyNetworkInterfaceAttributeRequest): void {
  const { Groups, Description, SourceDestCheck, Attachment } = input;
  const given = [Groups, Description, SourceDestCheck, Attachment].filter(Boolean).length;
  if (given === 1) return;
  throw new ServiceError(
    given === 0 ? 'MissingParameter' : 'InvalidParameterCombination',
    'The request must contain exactly one attribute.',
  );
}
