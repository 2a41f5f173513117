/** The first layer. The server rendered it, or the tag's script holds it. */

export interface Notice {
  readonly element: HTMLElement;
  /** Shows it. *since* is the revision that the reader decided on before, 0 for none. */
  show(since: number): void;
  hide(): void;
}

/** Says what changed since revision *since*, to who has decided before. */
function showChanges(element: HTMLElement, since: number): void {
  const changes = element.querySelector<HTMLElement>(".consentkit-changes");
  if (!changes || !since) return;
  let any = false;
  for (const entry of changes.querySelectorAll<HTMLElement>("[data-revision]")) {
    entry.hidden = !(Number(entry.dataset.revision) > since);
    any ||= !entry.hidden;
  }
  changes.hidden = !any;
}

export function createNotice(element: HTMLElement): Notice {
  const modal = element.classList.contains("consentkit-modal");
  let covered: HTMLElement[] = [];
  const uncover = () => {
    for (const other of covered) other.inert = false;
    covered = [];
  };
  return {
    element,
    show(since) {
      showChanges(element, since);
      element.hidden = false;
      document.documentElement.dataset.consentkit = "pending";
      // Only with script, which can also open the page again, is a modal one a trap.
      if (modal) {
        uncover();
        for (const other of document.body.children) {
          if (other !== element && other instanceof HTMLElement && !other.inert) {
            other.inert = true;
            covered.push(other);
          }
        }
        element.setAttribute("role", "dialog");
        element.setAttribute("aria-modal", "true");
        element.tabIndex = -1;
        element.focus({ preventScroll: true });
      }
    },
    hide() {
      uncover();
      element.hidden = true;
      document.documentElement.dataset.consentkit = "decided";
    },
  };
}
