/** Where the focus goes when what had it disappears. */

/**
 * Remembers what had the focus before it went into what *isOurs*. The function that it returns is called before
 * *element* goes, and returns what moves the focus on afterwards, if it was inside.
 */
export function createFocus(isOurs: (element: Element) => boolean): (element?: Element | null) => () => void {
  let before: HTMLElement | undefined;
  document.addEventListener("focusout", ({ target, relatedTarget }) => {
    if (relatedTarget && isOurs(relatedTarget as Element) && !isOurs(target as Element)) before = target as HTMLElement;
  });
  return (element) => {
    const inside = element?.contains(document.activeElement);
    return () => {
      const active = document.activeElement as Element;
      if (!inside || (active !== document.body && !isOurs(active))) return;
      const target = before?.isConnected
        ? before
        : (document.querySelector<HTMLElement>("main h1") ?? document.querySelector<HTMLElement>("h1,main"));
      if (!target) return;
      if (target !== before && !target.hasAttribute("tabindex")) target.tabIndex = -1;
      // Readers stay where they were reading.
      target.focus({ preventScroll: true });
    };
  };
}
