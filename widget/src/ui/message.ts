/** Tells what was left behind, in a message that stays until the reader closes it, and takes no focus. */

/** What `GET notice` says of a service. */
export interface Told {
  readonly id: string;
  readonly name: string;
  readonly policy_url: string | null;
  readonly cookies: readonly { readonly party: string }[];
}

/** What `GET notice` answers, as far as it is needed here. */
export interface NoticeContent {
  readonly locale: string;
  readonly dir: string;
  readonly texts: Readonly<Record<string, string>>;
  readonly services: readonly Told[];
}

/** Names the *services* whose cookies only they can delete, with the way to their policies. */
export function tellLeftBehind({ locale, dir, texts }: NoticeContent, services: readonly Told[]): void {
  const box = document.createElement("div");
  box.className = "consentkit consentkit-toast consentkit-left";
  box.lang = locale;
  box.dir = dir;
  box.setAttribute("role", "status");
  const words = document.createElement("p");
  words.textContent = texts.left_behind ?? "";
  const list = document.createElement("ul");
  for (const { name, policy_url: address } of services) {
    const item = document.createElement("li");
    // Configured addresses are of the web (see consent/model.py); what is not stays a name.
    const entry = document.createElement(address ? "a" : "span");
    if (address) (entry as HTMLAnchorElement).href = address;
    entry.textContent = name;
    item.append(entry);
    list.append(item);
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "consentkit-button consentkit-quiet";
  button.textContent = texts.dismiss ?? "";
  button.addEventListener("click", () => box.remove());
  document.querySelector(".consentkit-left")?.remove();
  document.body.append(box);
  // A live region speaks of changes: the words come after it.
  setTimeout(() => box.append(words, list, button), 50);
}
