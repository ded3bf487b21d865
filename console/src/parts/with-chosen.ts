/** What is offered, and what was chosen where that is not offered (any more): it is seen, too. */
export function withChosen(
  offered: readonly string[],
  ...chosen: readonly string[]
): readonly string[] {
  return [...new Set([...offered, ...chosen.filter((each) => each !== '')])];
}
