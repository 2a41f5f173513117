/**
 * Shows *text* at the edge of the page for a while, for when the notice is gone already. *choose* leads to the preferences,
 * *close* names the button that takes it away. Returns what takes it away.
 */
export function toast(
  text: string | undefined,
  notice: HTMLElement | null,
  close?: string,
  choose?: string,
): () => void {
  const box = document.createElement("div");
  const remove = () => box.remove();
  if (!text) return remove;
  box.className = "consentkit consentkit-toast";
  box.lang = notice?.lang ?? "";
  box.dir = notice?.dir ?? "";
  box.setAttribute("role", "status");
  document.body.append(box);
  const offer = (words: string | undefined, action?: string) => {
    if (!words) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "consentkit-button consentkit-quiet";
    if (action) button.dataset.consentkitAction = action;
    button.textContent = words;
    button.addEventListener("click", remove);
    box.append(" ", button);
  };
  // A live region speaks of changes: the words come after it.
  setTimeout(() => {
    box.textContent = text;
    offer(choose, "customize");
    offer(close);
  }, 50);
  // Who stands on a button of it, or points at it, is given as long again, and once.
  const span = choose ? 20_000 : 12_000;
  setTimeout(() => (box.matches(":hover, :focus-within") ? setTimeout(remove, span) : remove()), span);
  return remove;
}
