/**
 * The placeholders of embeds: `.consentkit-embed`, with the words that the reader sees and the frame that is held back.
 * What was shown once is marked in the document, and nowhere else.
 */

const PLACEHOLDER = ".consentkit-embed";
const ONCE = "data-consentkit-once";

export function placeholderOf(element: Element): HTMLElement | null {
  return element.closest<HTMLElement>(PLACEHOLDER);
}

/** Whether the reader asked to see *element* this once. */
export function isShown(element: Element): boolean {
  return !!placeholderOf(element)?.hasAttribute(ONCE);
}

/** Lets what is in the placeholder of *element* be seen this once. Records nothing. */
export function showOnce(element: Element): void {
  placeholderOf(element)?.setAttribute(ONCE, "");
}

/** Shows *frame* instead of the words of its placeholder, or the words again. */
export function markShown(frame: HTMLElement, shown: boolean): void {
  const placeholder = placeholderOf(frame);
  if (!placeholder) return;
  frame.hidden = !shown;
  placeholder.toggleAttribute("data-consentkit-shown", shown);
}
