/**
 * A terminal and a screen take every key, Tab too. Ctrl-] gives the keyboard back to the page, as it
 * does in `imago console -i`.
 */
export const isLeaving = ({ type, ctrlKey, key }: KeyboardEvent) =>
  type === 'keydown' && ctrlKey && key === ']';
