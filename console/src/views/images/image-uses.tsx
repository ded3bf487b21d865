/** What uses an image: its instances, launch templates and parameters that name it. */
import { usePages } from '../../api/queries.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { usesText as text } from '../../text/image.ts';
import type { PartProps } from './kinds.ts';

export function ImageUses({ image: { ImageId = '' } }: PartProps) {
  const input = { ImageIds: [ImageId], IncludeAllResourceTypes: true };
  const uses = usePages('ec2', 'DescribeImageReferences', input, {
    tables: ['instances', 'launchTemplateVersions', 'parameters', 'images'],
  });
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <PagedList
        caption={text.title}
        columns={[
          {
            title: text.type,
            cell: ({ ResourceType = '' }) => text.types[ResourceType] ?? ResourceType,
          },
          {
            title: text.id,
            cell: ({ Arn = '' }) => <IdLink id={Arn.slice(Arn.lastIndexOf('/') + 1)} />,
          },
        ]}
        found={uses}
        itemsOf={({ ImageReferences }) => ImageReferences}
        keyOf={({ Arn = '' }) => Arn}
        empty={text.none}
      />
    </section>
  );
}
