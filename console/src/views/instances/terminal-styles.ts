/**
 * The terminal writes its style sheet into a `style` element, which the page's policy does not let
 * count. It is given a document in which such an element is a constructed style sheet.
 */
export function documentWithSheets(): Document {
  return new Proxy(document, {
    get(target, name) {
      if (name === 'createElement') {
        return (tag: string) =>
          tag === 'style' ? styleElement(target) : target.createElement(tag);
      }
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function styleElement(target: Document): HTMLElement {
  const sheet = new CSSStyleSheet();
  const element = target.createElement('template');
  Object.defineProperty(element, 'textContent', {
    set: (css: string) => sheet.replaceSync(css),
  });
  target.adoptedStyleSheets.push(sheet);
  const remove = element.remove.bind(element);
  element.remove = () => {
    target.adoptedStyleSheets = target.adoptedStyleSheets.filter((each) => each !== sheet);
    remove();
  };
  return element;
}
