/**
 * What `map` makes of each, in their order, while those behind it are begun already: at most `ahead`
 * at a time. It does not end before all that it began has.
 */
export async function* inOrder<T, R>(
  source: AsyncIterable<T> | Iterable<T>,
  ahead: number,
  map: (each: T) => Promise<R>,
): AsyncGenerator<R> {
  const begun: Promise<R>[] = [];
  try {
    for await (const each of source) {
      const made = map(each);
      // Whoever takes it is told.
      made.catch(() => {});
      begun.push(made);
      if (begun.length === ahead) yield await (begun.shift() as Promise<R>);
    }
    for (let made = begun.shift(); made; made = begun.shift()) yield await made;
  } finally {
    await Promise.allSettled(begun);
  }
}
