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

/** Forgets what was shown once: the reader has refused since. */
export function forgetOnce(): void {
  for (const placeholder of document.querySelectorAll(`[${ONCE}]`)) placeholder.removeAttribute(ONCE);
}

/** Moves the focus from the button, which is gone, to what it brought, and says so to who does not see it. */
export function arrive(placeholder: HTMLElement | null): void {
  const frame = placeholder?.querySelector<HTMLElement>("iframe[src]");
  if (!placeholder || !frame) return;
  const line = document.createElement("span");
  line.className = "consentkit-embed-said";
  line.setAttribute("role", "status");
  placeholder.append(line);
  frame.focus({ preventScroll: true });
  // A live region speaks of changes: the words come after it.
  setTimeout(() => {
    line.textContent = placeholder.dataset.consentkitSaid ?? "";
  }, 50);
}

/** Shows *frame* instead of the words of its placeholder, or the words again. */
export function markShown(frame: HTMLElement, shown: boolean): void {
  const placeholder = placeholderOf(frame);
  if (!placeholder) return;
  frame.hidden = !shown;
  placeholder.toggleAttribute("data-consentkit-shown", shown);
}
