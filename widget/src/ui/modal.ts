/** Makes a notice of the layout `modal` one in fact: the page behind it can be scrolled and read, but not used. */

/** Returns what closes the page off behind *notice*, if that is modal, and with `null` opens it again. */
export function createTrap(): (notice: HTMLElement | null) => void {
  let covered: HTMLElement[] = [];
  return (notice) => {
    const on = !!notice?.matches(".consentkit-modal");
    if (on === covered.length > 0) return;
    for (const other of covered) other.inert = false;
    covered = [];
    if (!on || !notice) return;
    for (const other of document.body.children) {
      // What is closed already is not ours to open. A dialog is above everything by itself.
      if (other === notice || !(other instanceof HTMLElement) || other.inert || other.localName === "dialog") continue;
      other.inert = true;
      covered.push(other);
    }
    notice.setAttribute("role", "dialog");
    notice.setAttribute("aria-modal", "true");
    notice.tabIndex = -1;
    notice.focus({ preventScroll: true });
  };
}
