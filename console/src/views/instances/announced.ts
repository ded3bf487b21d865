/**
 * What screen readers are told of what a guest writes, which xterm puts into a region of the page.
 * It ends that after twenty lines, and a guest that ends no line has it grow with all that the guest
 * writes, and be laid out with each part of it: the page would stand still for minutes.
 */

/** More than twenty lines of a wide terminal. */
const announcedMaxChars = 4000;

/** Once there is so much it stays, as after twenty lines, until a key is pressed. */
export function boundAnnounced(terminal: HTMLElement): void {
  const region = terminal.querySelector('.live-region');
  const own = Object.getOwnPropertyDescriptor(Node.prototype, 'textContent');
  if (!region || !own) return;
  Object.defineProperty(region, 'textContent', {
    get: () => own.get?.call(region),
    set(text: string) {
      const bounded = text.slice(0, announcedMaxChars);
      if (bounded !== own.get?.call(region)) own.set?.call(region, bounded);
    },
  });
}
