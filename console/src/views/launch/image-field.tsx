/** Which image: by what one types, or what came with the address. */
import { useId, useState } from 'preact/hooks';
import { useAction } from '../../api/queries.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { launchText as text } from '../../text/launch.ts';

interface Props {
  value: string;
  /** The image that the launch template says. */
  inTemplate: string | undefined;
  onChange(imageId: string): void;
}

const shownMax = 20;

export function ImageField({ value, inTemplate, onChange }: Props) {
  const id = useId();
  const [search, setSearch] = useState('');
  const [isOther, setIsOther] = useState(false);
  const isTemplates = value === '' && inTemplate !== undefined && !isOther;
  const known = useAction(
    'ec2',
    'DescribeImages',
    { ImageIds: [value] },
    {
      tables: ['images'],
      enabled: value !== '',
    },
  );
  const Filters = [
    { Name: 'state', Values: ['available'] },
    ...(search ? [{ Name: 'name', Values: [`*${search}*`] }] : []),
  ];
  const Owners = search ? undefined : ['self', 'amazon'];
  const found = useAction(
    'ec2',
    'DescribeImages',
    { Owners, Filters, MaxResults: shownMax },
    {
      tables: ['images'],
      enabled: value === '' && !isTemplates,
    },
  );
  if (value) {
    return (
      <div class="field">
        <span>{text.image}</span>
        <span class="chosen">
          {known.data?.Images?.[0]?.Name ?? text.unknownImage} <IdLink id={value} />
          <button type="button" onClick={() => onChange('')}>
            {text.another}
          </button>
        </span>
      </div>
    );
  }
  if (isTemplates) {
    return (
      <div class="field">
        <span>{text.image}</span>
        <span class="chosen">
          {text.asTemplate} <IdLink id={inTemplate} />
          <button type="button" onClick={() => setIsOther(true)}>
            {text.another}
          </button>
        </span>
      </div>
    );
  }
  return (
    <fieldset class="field">
      <legend>{text.image}</legend>
      <SearchField label={text.searchImages} value={search} onSearch={setSearch} />
      <div class="choices">
        {found.data?.Images?.map(({ ImageId = '', Name }) => (
          <div key={ImageId} class="check">
            <input
              id={`${id} ${ImageId}`}
              type="radio"
              name={id}
              onChange={() => onChange(ImageId)}
            />
            <label for={`${id} ${ImageId}`}>{Name}</label>
          </div>
        ))}
        {found.data?.Images?.length === 0 && <p class="hint">{text.noImages}</p>}
      </div>
    </fieldset>
  );
}
