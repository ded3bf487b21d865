/** Whether the account lets itself use an image, and why. */
import { useAction } from '../../api/queries.ts';
import { href } from '../../route.ts';
import { imageText as text } from '../../text/image.ts';
import type { PartProps } from './kinds.ts';

export function AllowedFact({ image: { ImageAllowed }, isOwn }: PartProps) {
  const asking = { tables: ['accountSettings'], enabled: ImageAllowed === false } as const;
  const settings = useAction('ec2', 'GetAllowedImagesSettings', {}, asking);
  const words = text.allowed;
  if (ImageAllowed === undefined) return <>{words.notAsked}</>;
  if (ImageAllowed) return <>{isOwn ? words.own : words.meets}</>;
  return (
    <>
      {settings.data?.State === 'enabled' ? words.not : words.audited}{' '}
      <a href={href(['account'], { tab: 'guards' })}>{words.settings}</a>
    </>
  );
}
