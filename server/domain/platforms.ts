/**
 * What runs in an image, as EC2 tells it apart: Windows, brought along with its licence (Imago has
 * none to give), or anything else, which is Linux.
 */
export interface OfPlatform {
  platform?: 'windows';
}

export function platformDetails({ platform }: OfPlatform): string {
  return platform === 'windows' ? 'Windows BYOL' : 'Linux/UNIX';
}

/** EC2's billing code of it. */
export function usageOperation({ platform }: OfPlatform): string {
  return platform === 'windows' ? 'RunInstances:0800' : 'RunInstances';
}
