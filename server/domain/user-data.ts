/** User data: any bytes, in base64 on their way here. */
import { ServiceError } from '../../api/service-error.ts';

/** EC2's, before the encoding. */
const userDataMaxBytes = 16 * 1024;

export function checkUserData(userData: string | undefined): void {
  if (userData === undefined) return;
  const bytes = Buffer.from(userData, 'base64');
  // Without the line breaks that `base64` of the command line puts in.
  const text = userData.replace(/\s/g, '').replace(/=+$/, '');
  if (bytes.toString('base64').replace(/=+$/, '') !== text) {
    throw new ServiceError('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.');
  }
  if (bytes.length > userDataMaxBytes) {
    throw new ServiceError('InvalidParameterValue', 'User data is limited to 16384 bytes');
  }
}
