/** What the first layer needs now and then, once it is on the page. */

/** Lifts a *notice* above the page that stands at its end, as in a body that is transformed or contained. */
export function lift(notice: HTMLElement): void {
  if (notice.getBoundingClientRect().top < innerHeight) return;
  notice.popover = "manual";
  notice.showPopover();
}

/** Shows in *notice* what changed *since* the revision that the reader decided on; 0 if they never did. */
export function showChanges(notice: HTMLElement, since: number): void {
  for (const entry of since ? notice.querySelectorAll<HTMLElement>("[data-revision]") : []) {
    const isNew = Number(entry.dataset.revision) > since;
    entry.hidden = !isNew;
    if (isNew) (entry.closest(".consentkit-changes") as HTMLElement).hidden = false;
  }
}
