/** One image: what it is and has in it, who may launch it, where it comes from, what uses it. */
import { useAction } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import { Empty } from '../../parts/empty.tsx';
import { State } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { currentTab, Tabs } from '../../parts/tabs.tsx';
import { href, type Route } from '../../route.ts';
import { later } from '../../shell/later.ts';
import { common } from '../../text/common.ts';
import { imageText as text } from '../../text/image.ts';
import { ImageActions } from './image-actions.tsx';
import { ImageDetails } from './image-details.tsx';
import { ImageFindings } from './image-findings.tsx';
import { ImageLineage } from './image-lineage.tsx';
import { ImagePermissions } from './image-permissions.tsx';
import { ImageUses } from './image-uses.tsx';

const parts = {
  details: ImageDetails,
  permissions: ImagePermissions,
  lineage: ImageLineage,
  uses: ImageUses,
  system: later(() => import('../contents/image-system.tsx'), 'ImageSystem'),
  files: later(() => import('../contents/image-files.tsx'), 'ImageFiles'),
  packages: later(() => import('../contents/image-packages.tsx'), 'ImagePackages'),
  compare: later(() => import('../contents/image-compare.tsx'), 'ImageCompare'),
  findings: ImageFindings,
  signature: later(() => import('../contents/image-signature.tsx'), 'ImageSignature'),
};
/** Whom it is shared with is its owner's to know. */
const partsForOwner = new Set(['permissions']);

export function ImageView({ route }: { route: Route }) {
  const [, id = ''] = route.path;
  const { profile } = useSession();
  const input = { ImageIds: [id], IncludeDeprecated: true, IncludeDisabled: true };
  const found = useAction('ec2', 'DescribeImages', input, { tables: ['images', 'formerImages'] });
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  const image = found.data.Images?.[0];
  if (!image) return <Empty>{text.gone(id)}</Empty>;
  const isOwn = image.OwnerId === profile.account.AccountId;
  const names = (Object.keys(parts) as (keyof typeof parts)[]).filter(
    (name) => isOwn || !partsForOwner.has(name),
  );
  const current = currentTab(route, names);
  const Part = parts[current];
  return (
    <>
      <p class="back">
        <a href={href(['images'], { tab: isOwn ? 'mine' : undefined })}>{text.back}</a>
      </p>
      <header class="view">
        <h1>
          {image.Name} <State of={image.State} />
        </h1>
        <ImageActions image={image} isOwn={isOwn} />
      </header>
      <Tabs text={text} path={['images', id]} names={names} current={current} />
      <Part image={image} isOwn={isOwn} route={route} />
    </>
  );
}
