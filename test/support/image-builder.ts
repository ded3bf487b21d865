/** Image Builder by the official client, and what its tests begin with. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  CancelImageCreationCommand,
  GetImageCommand,
  type Image,
  ImagebuilderClient,
} from '@aws-sdk/client-imagebuilder';
import type { ImagoProcess } from './imago.ts';

export function builderClient({ endpoint, credentials }: ImagoProcess): ImagebuilderClient {
  return new ImagebuilderClient({ endpoint, region: 'us-east-1', credentials });
}

/** One step, and a word that recipes may say. */
export const componentData = `schemaVersion: 1.0
parameters:
  - word:
      type: string
      default: hello
phases:
  - name: build
    steps:
      - name: Say
        action: ExecuteBash
        inputs:
          commands:
            - echo '{{ word }}'
`;

/** Cancelled, unless it has ended by itself already. */
export async function cancelled(client: ImagebuilderClient, arn: string): Promise<void> {
  const imageBuildVersionArn = arn;
  const cancel = client.send(new CancelImageCreationCommand({ imageBuildVersionArn }));
  await cancel.catch((error) => {
    if (error.name !== 'InvalidRequestException') throw error;
  });
  await ended(client, arn);
}

/** Answers what it ended as. */
export async function ended(
  client: ImagebuilderClient,
  imageBuildVersionArn: string,
): Promise<Image> {
  for (;;) {
    const { image } = await client.send(new GetImageCommand({ imageBuildVersionArn }));
    const { status = '' } = image?.state ?? {};
    if (image && ['AVAILABLE', 'CANCELLED', 'FAILED'].includes(status)) return image;
    await delay(50);
  }
}
