/**
 * Whoever asks for a whole long list gets it in one answer, as EC2 has it, but the server reads it
 * page by page as the client takes it: a list of any length costs the memory of a page, and other
 * requests have their turn in between. It knows no protocol: the list of the output becomes an
 * async iterable of its pages.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Operation, OperationContext } from '../operations/operation.ts';

type Fields = Record<string, unknown>;
export type AnyOperation = Operation<Fields, Fields>;

/** What actions take that do not say another number: about 300 KB of XML. */
const pageRows = 250;

/** Errors come before the first page, so that they still become an error of the whole answer. */
export async function runInPages(
  operation: AnyOperation,
  input: Fields,
  context: OperationContext,
): Promise<Fields> {
  const { inPages } = operation;
  if (!inPages) return operation.run(input, context);
  const named = lengthOf(inPages.ids && input[inPages.ids]);
  if (input.MaxResults !== undefined || named > 0) {
    const output = await operation.run(input, context);
    // A page is written in one go; a long one in another turn than it was read in.
    if (Number(input.MaxResults ?? named) > pageRows) await turn();
    return output;
  }
  const read = (NextToken: unknown) =>
    operation.run({ ...input, MaxResults: inPages.rows ?? pageRows, NextToken }, context);
  const first = await read(input.NextToken);
  if (first.NextToken === undefined) return first;
  const { list, whole } = inPages;
  const pages = whole ? whole(input, context) : pagesFrom(first, list, read);
  return { ...first, NextToken: undefined, [list]: pages };
}

async function* pagesFrom(
  first: Fields,
  list: string,
  read: (token: unknown) => Promise<Fields>,
): AsyncGenerator<unknown> {
  for (let page = first; ; page = await read(page.NextToken)) {
    yield page[list];
    if (page.NextToken === undefined) return;
  }
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}
