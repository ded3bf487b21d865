/** What stories of the console begin with: accounts and images, made by the API. */
import { CopyImageCommand, waitUntilImageAvailable } from '@aws-sdk/client-ec2';
import type { Credentials, ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';
import { clientOf } from './browser.ts';

export interface Account extends Credentials {
  id: string;
  name: string;
}

export async function newAccount(imago: ImagoProcess, name: string): Promise<Account> {
  const { Account, AccessKey } = await clientOf(imago).imago('CreateAccount', { Name: name });
  return {
    id: Account.AccountId,
    name,
    accessKeyId: AccessKey.AccessKeyId,
    secretAccessKey: AccessKey.SecretAccessKey ?? '',
  };
}

/** Of an account's own, as a copy of the provider's. */
export async function ownImage(
  imago: ImagoProcess,
  Name: string,
  credentials: Credentials = imago.credentials,
): Promise<string> {
  const ec2 = imago.ec2('us-east-1', credentials);
  const { ImageId: SourceImageId } = await providerImage(ec2, 'imago-micro-*');
  const copy = { SourceImageId, SourceRegion: 'us-east-1', Name };
  const { ImageId = '' } = await ec2.send(new CopyImageCommand(copy));
  await waitUntilImageAvailable(
    { client: ec2, maxWaitTime: 60, minDelay: 1, maxDelay: 1 },
    { ImageIds: [ImageId] },
  );
  return ImageId;
}
