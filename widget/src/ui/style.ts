/** Adds *css* to the page. */
export function addStyle(css: string): void {
  try {
    // Unlike a style element, this needs nothing in the page's Content Security Policy.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  } catch {
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
  }
}
