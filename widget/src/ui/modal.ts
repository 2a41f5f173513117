/** Makes a notice of the layout `modal` one in fact: the page behind it can be scrolled and read, but not used. */

export interface Trap {
  set(on: boolean): void;
}

export function createTrap(element: HTMLElement): Trap {
  let covered: HTMLElement[] = [];
  return {
    set(on) {
      if (on === covered.length > 0) return;
      for (const other of covered) other.inert = false;
      covered = [];
      if (!on) return;
      for (const other of document.body.children) {
        if (other === element || !(other instanceof HTMLElement) || other.inert) continue;
        other.inert = true;
        covered.push(other);
      }
      element.setAttribute("role", "dialog");
      element.setAttribute("aria-modal", "true");
      element.tabIndex = -1;
      element.focus({ preventScroll: true });
    },
  };
}
