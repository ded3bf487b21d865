/**
 * The terminal writes its style sheets into `style` elements, which the page's policy does not let
 * count. It makes them when it is opened, some of them by the page's own document whatever document
 * it is given: so while it opens, that makes constructed style sheets of them.
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
