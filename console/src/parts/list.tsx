/**
 * A list of things as a table, which on a narrow screen becomes a card each. Rows come page by page
 * from the server; nothing here sorts or filters, which would be of the pages seen only. Of a long
 * list only what is near the window is in the page.
 */
import type { ComponentChildren, JSX } from 'preact';
import { memo } from 'preact/compat';
import { useEffect, useRef, useState } from 'preact/hooks';
import { common } from '../text/common.ts';
import { Problem } from './problem.tsx';

export interface Column<Item> {
  title: string;
  cell(item: Item): ComponentChildren;
  /** Figures are flush right. */
  isFigure?: boolean;
  /** Never broken, such as a moment. */
  isShort?: boolean;
  /** Words, which are not squeezed for what others have. */
  isWide?: boolean;
}

interface Props<Item> {
  caption: string;
  columns: readonly Column<Item>[];
  items: readonly Item[] | undefined;
  keyOf(item: Item): string;
  empty: ComponentChildren;
  error?: unknown;
  retry?: () => void;
  more?: { isThere: boolean; isLoading: boolean; load(): void };
}

export function List<Item>(props: Props<Item>) {
  const { caption, columns, items, keyOf, empty, error, retry, more } = props;
  if (error) return <Problem error={error} retry={retry} />;
  if (!items) {
    return (
      <p class="loading" role="status">
        {common.loading}
      </p>
    );
  }
  if (items.length === 0) return <div class="empty">{empty}</div>;
  return (
    <>
      <table class="list" aria-rowcount={items.length + 1}>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        {groupsOf(items).map((group) => (
          <RowGroup
            key={group.first}
            {...group}
            columns={columns}
            keyOf={keyOf}
            mayRest={items.length > groupRows}
          />
        ))}
      </table>
      {more?.isThere && (
        <button type="button" class="more" disabled={more.isLoading} onClick={more.load}>
          {more.isLoading ? common.loading : common.more}
        </button>
      )}
    </>
  );
}

/** So many rows come and go together. */
const groupRows = 100;

interface Group<Item> {
  /** Place of the first of them in the list. */
  first: number;
  items: readonly Item[];
}

function groupsOf<Item>(items: readonly Item[]): Group<Item>[] {
  const count = Math.ceil(items.length / groupRows);
  return Array.from({ length: count }, (_, number) => {
    const first = number * groupRows;
    return { first, items: items.slice(first, first + groupRows) };
  });
}

type GroupProps<Item> = Group<Item> &
  Pick<Props<Item>, 'columns' | 'keyOf'> & {
    /** It may be out of sight. */
    mayRest: boolean;
  };

/** Far from what is seen a group is a gap of its height, so that a long list is no longer work. */
function RowGroup<Item>({ first, items, columns, keyOf, mayRest }: GroupProps<Item>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [gap, setGap] = useState<number>();
  useEffect(() => {
    if (!mayRest || !body.current) return;
    const observer = new IntersectionObserver(([entry]) => setGap(entry && restingHeight(entry)), {
      rootMargin: '100% 0px',
    });
    observer.observe(body.current);
    return () => observer.disconnect();
  }, [mayRest]);
  return (
    <tbody ref={body}>
      {gap === undefined ? (
        items.map((item, index) => (
          <Row key={keyOf(item)} item={item} columns={columns} place={first + index} />
        ))
      ) : (
        <tr style={{ height: `${gap}px` }} />
      )}
    </tbody>
  );
}

/** Nothing for a group that is near, or that has the focus. */
function restingHeight({ isIntersecting, target, boundingClientRect }: IntersectionObserverEntry) {
  const isUsed = isIntersecting || target.contains(document.activeElement);
  return isUsed ? undefined : boundingClientRect.height;
}

interface RowProps<Item> {
  item: Item;
  columns: readonly Column<Item>[];
  /** In the list, from 0. */
  place: number;
}

/** Drawn again only where its thing has changed: a list may be long. */
const Row = memo(function Row<Item>({ item, columns, place }: RowProps<Item>) {
  return (
    <tr aria-rowindex={place + 2}>
      {columns.map((column) => (
        <td key={column.title} data-title={column.title} class={classOf(column)}>
          {column.cell(item)}
        </td>
      ))}
    </tr>
  );
}) as <Item>(props: RowProps<Item> & { key: string }) => JSX.Element;

type Kind = Pick<Column<never>, 'isFigure' | 'isShort' | 'isWide'>;

const classOf = ({ isFigure, isShort, isWide }: Kind) =>
  isFigure ? 'figure' : isShort ? 'short' : isWide ? 'wide' : undefined;
