/**
 * A list of things as a table, which on a narrow screen becomes a card each. Rows come page by page
 * from the server; nothing here sorts or filters, which would be of the pages seen only.
 */
import type { ComponentChildren, JSX } from 'preact';
import { memo } from 'preact/compat';
import { common } from '../text/common.ts';
import { Problem } from './problem.tsx';

export interface Column<Item> {
  title: string;
  cell(item: Item): ComponentChildren;
  /** Figures are flush right. */
  isFigure?: boolean;
  /** Never broken, such as a moment. */
  isShort?: boolean;
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
      <table class="list">
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
        <tbody>
          {items.map((item) => (
            <Row key={keyOf(item)} item={item} columns={columns} />
          ))}
        </tbody>
      </table>
      {more?.isThere && (
        <button type="button" class="more" disabled={more.isLoading} onClick={more.load}>
          {more.isLoading ? common.loading : common.more}
        </button>
      )}
    </>
  );
}

interface RowProps<Item> {
  item: Item;
  columns: readonly Column<Item>[];
}

/** Drawn again only where its thing has changed: a list may be long. */
const Row = memo(function Row<Item>({ item, columns }: RowProps<Item>) {
  return (
    <tr>
      {columns.map((column) => (
        <td key={column.title} data-title={column.title} class={classOf(column)}>
          {column.cell(item)}
        </td>
      ))}
    </tr>
  );
}) as <Item>(props: RowProps<Item> & { key: string }) => JSX.Element;

const classOf = ({ isFigure, isShort }: Pick<Column<never>, 'isFigure' | 'isShort'>) =>
  isFigure ? 'figure' : isShort ? 'short' : undefined;
