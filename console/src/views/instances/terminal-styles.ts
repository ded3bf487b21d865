/**
 * How the terminal looks under the page's policy, which lets neither `style` elements nor `style`
 * attributes count, but what scripts set by the CSSOM. It writes its style sheets into `style`
 * elements, which it makes when it is opened, some of them by the page's own document whatever
 * document it is given: so while it opens, that makes constructed style sheets of them. Colours
 * beyond the 256 of the theme it writes into `style` attributes of spans.
 */
export function withSheets(open: () => void): void {
  document.createElement = ((tag: string) =>
    tag === 'style'
      ? styleElement()
      : Document.prototype.createElement.call(document, tag)) as Document['createElement'];
  try {
    open();
  } finally {
    // What the page has by its prototype comes to light again.
    Reflect.deleteProperty(document, 'createElement');
  }
}

function styleElement(): HTMLElement {
  const sheet = new CSSStyleSheet();
  const element = Document.prototype.createElement.call(document, 'template') as HTMLElement;
  Object.defineProperty(element, 'textContent', {
    set: (css: string) => sheet.replaceSync(css),
  });
  document.adoptedStyleSheets.push(sheet);
  const remove = element.remove.bind(element);
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
    remove();
  };
  return element;
}

/** The same by the CSSOM; for all spans of the page, as the terminal makes its own at any time. */
export function letSpansHaveStyles(): void {
  HTMLSpanElement.prototype.setAttribute = function setAttribute(name: string, value: string) {
    if (name === 'style') this.style.cssText = value;
    else Element.prototype.setAttribute.call(this, name, value);
  };
}
