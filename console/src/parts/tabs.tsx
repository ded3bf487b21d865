/** Parts of one view, each with an address of its own. */
import { href } from '../route.ts';

interface Tab {
  name: string;
  title: string;
  query?: Readonly<Record<string, string>>;
}

interface Props {
  label: string;
  path: readonly string[];
  tabs: readonly Tab[];
  current: string;
}

export function Tabs({ label, path, tabs, current }: Props) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ name, title, query }) => (
        <a
          key={name}
          href={href(path, { ...query, tab: name })}
          aria-current={name === current ? 'page' : undefined}
        >
          {title}
        </a>
      ))}
    </nav>
  );
}
