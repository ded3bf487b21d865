/** Roles that services take, as they document them. Imago has none of its own, and they do nothing. */
const pattern = /^arn:aws(-[a-z]{1,3}){0,2}:iam::[0-9]+:role\/.+$/;

export function isRoleArn(arn: string): boolean {
  return pattern.test(arn);
}
