/** Parts of one view, each with an address of its own: `?tab=` and its name. */
import { href, type Query, type Route } from '../route.ts';

interface Props<Name extends string> {
  path: readonly string[];
  names: readonly Name[];
  current: Name;
  text: { tabsLabel: string; tabs: Readonly<Record<Name, string>> };
  /** What the addresses ask beside. */
  query?: Query;
}

export function Tabs<Name extends string>({ path, names, current, text, query }: Props<Name>) {
  return (
    <nav class="tabs" aria-label={text.tabsLabel}>
      {names.map((name) => (
        <a
          key={name}
          href={href(path, { ...query, tab: name })}
          aria-current={name === current ? 'page' : undefined}
        >
          {text.tabs[name]}
        </a>
      ))}
    </nav>
  );
}

/** Which one the address names; else the first. */
export function currentTab<Name extends string>(route: Route, names: readonly Name[]): Name {
  const named = names.find((name) => name === route.query.get('tab'));
  return named ?? (names[0] as Name);
}
