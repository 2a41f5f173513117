/** Shows *text* at the edge of the page for a while, for when the notice is gone already; *choose* leads to the preferences. */
export function toast(text: string | undefined, notice: HTMLElement | null, choose?: string): void {
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
    if (!choose) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "consentkit-button consentkit-quiet";
    button.dataset.consentkitAction = "customize";
    button.textContent = choose;
    button.addEventListener("click", () => box.remove());
    box.append(" ", button);
  }, 50);
  const end = () => {
    // Not under the hand of who is about to press its button.
    if (box.matches(":hover, :focus-within")) setTimeout(end, 4000);
    else box.remove();
  };
  setTimeout(end, choose ? 20_000 : 12_000);
}
