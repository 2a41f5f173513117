// The call that its download page writes, in its "opt-in" form. It knows no purposes.
import * as t from "./texts.mjs";

window.cookieconsent.initialise({
  type: "opt-in",
  palette: { popup: { background: "#383b75" }, button: { background: "#f1d600" } },
  content: {
    message: t.message,
    allow: t.accept,
    deny: t.refuse,
    link: t.privacy,
    href: t.privacyUrl,
    policy: t.settings,
  },
});
