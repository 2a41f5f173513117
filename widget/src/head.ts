/**
 * Runs in the page's head, before the first paint: says by `<html data-consentkit>` whether the reader has decided,
 * so that the style can hide the notice. Its text is constant, its data come from its element, so that one hash in the
 * page's Content Security Policy stands for it. It is checked again, more strictly, by what comes later.
 */
{
  let found = "pending";
  try {
    // Not `document.currentScript`: a proxy that defers scripts leaves none.
    const { site, revision, gpc } = (document.querySelector("script[data-revision]") as HTMLElement).dataset;
    if (navigator.globalPrivacyControl && gpc !== "off") {
      document.documentElement.dataset.consentkitGpc = gpc ?? "";
      // What else it says is that such readers are not asked.
      if (gpc) found = "decided";
    }
    const [cookie, other] = new Set(document.cookie.split("; ").filter((part) => part.startsWith("consentkit=")));
    const payload = (cookie as string).split(/[=.]/)[1] as string;
    const state = JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/")));
    if (
      !other &&
      state.v === 1 &&
      state.s === site &&
      state.c >= (revision as unknown as number) &&
      state.e >= Math.floor(Date.now() / 864e5) &&
      Array.isArray(state.p)
    ) {
      found = "decided";
    }
  } catch {}
  document.documentElement.dataset.consentkit = found;
}
