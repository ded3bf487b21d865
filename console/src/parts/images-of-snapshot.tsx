/** The images that a snapshot is a disk of, whatever has become of them. */
import { useAction } from '../api/queries.ts';
import { IdLink } from './id-link.tsx';
import { List } from './list.tsx';

interface Props {
  id: string;
  text: { title: string; name: string; id: string; none: string };
}

export function ImagesOfSnapshot({ id, text }: Props) {
  const Filters = [{ Name: 'block-device-mapping.snapshot-id', Values: [id] }];
  const input = { Filters, IncludeDeprecated: true, IncludeDisabled: true };
  const found = useAction('ec2', 'DescribeImages', input, { tables: ['images'] });
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <List
        caption={text.title}
        columns={[
          { title: text.name, cell: ({ Name }) => Name },
          { title: text.id, cell: ({ ImageId }) => <IdLink id={ImageId} /> },
        ]}
        items={found.data?.Images}
        keyOf={({ ImageId = '' }) => ImageId}
        empty={text.none}
        error={found.error}
        retry={found.refetch}
      />
    </section>
  );
}
