/** Shows *text* at the edge of the page for a while: for when the notice is gone already. */
export function toast(text: string | undefined, notice: HTMLElement | null): void {
  if (!text) return;
  const box = document.createElement("div");
  box.className = "consentkit consentkit-toast";
  box.lang = notice?.lang ?? "";
  box.dir = notice?.dir ?? "";
  box.setAttribute("role", "status");
  document.body.append(box);
  // A live region speaks of changes: the words come after it.
  setTimeout(() => {
    box.textContent = text;
  }, 50);
  setTimeout(() => box.remove(), 12_000);
}
