/** Tells the reader what becomes of their decision, in the words that the server put into the markup. */

type Text = "saving" | "failed" | "changed" | "refusedUnsaved";

/** Returns the words for *text* that *root* carries as `data-text-…`, or nothing. */
function words(root: HTMLElement, text: Text): string {
  return root.dataset[`text${text[0]?.toUpperCase()}${text.slice(1)}`] ?? "";
}

/** Writes into the live region of *root*. */
export function tell(root: HTMLElement | null, text: Text | null): void {
  const line = root?.querySelector(".consentkit-status");
  if (root && line) line.textContent = text && words(root, text);
}

/** Shows a message at the edge of the page for a while: for when the notice is gone already. */
export function toast(root: HTMLElement | null | undefined, text: Text): void {
  const message = root && words(root, text);
  if (!message) return;
  const box = document.createElement("div");
  box.className = "consentkit consentkit-toast";
  box.lang = root.lang;
  box.dir = root.dir;
  box.setAttribute("role", "status");
  document.body.append(box);
  // A live region speaks of changes: the words come after it.
  setTimeout(() => {
    box.textContent = message;
  }, 50);
  setTimeout(() => box.remove(), 10_000);
}
