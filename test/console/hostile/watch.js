/** In the page of the console, before anything else: what a test looks at there. */
addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
  window.owned?.(`the policy refused ${violatedDirective} ${blockedURI}`);
});

window.watch = {
  /** Elements of the selector, handlers, another title, more width than the window has. */
  faults(selector) {
    const elements = [...document.querySelectorAll('*')];
    const handlers = elements.flatMap((element) =>
      element.getAttributeNames().filter((name) => name.startsWith('on')),
    );
    const rights = elements.map((element) => element.getBoundingClientRect().right);
    const widest = elements[rights.indexOf(Math.max(...rights))];
    const wider = document.documentElement.scrollWidth - innerWidth;
    return [
      ...[...document.querySelectorAll(selector)].map(({ outerHTML }) => `has ${outerHTML}`),
      ...handlers.map((name) => `has a handler ${name}`),
      ...(document.title === 'Imago' ? [] : [`has the title ${document.title}`]),
      ...(wider > 0 ? [`is ${wider} px too wide: ${widest.tagName} ${widest.className}`] : []),
    ];
  },
  /** Answers how many there are. */
  openDetails() {
    const all = document.querySelectorAll('main details');
    for (const each of all) each.open = true;
    return all.length;
  },
  links: () =>
    [...document.querySelectorAll('a[href^="#/"]')].map((link) => link.getAttribute('href')),
};
