// Its README's "Usage", with the example for opening and closing. Purposes are the site's own second page.
import MozConsentBanner from "@mozmeao/consent-banner";
import "@mozmeao/consent-banner/styles.css";
import CookieHelper from "@mozmeao/cookie-helper";

const banner = document.getElementById("moz-consent-banner");
const buttons = [
  [document.getElementById("moz-consent-banner-button-accept"), MozConsentBanner.onAcceptClick],
  [document.getElementById("moz-consent-banner-button-reject"), MozConsentBanner.onRejectClick],
];
window.addEventListener("mozConsentOpen", () => {
  for (const [button, act] of buttons) button.addEventListener("click", act);
  banner.classList.add("is-visible");
});
window.addEventListener("mozConsentClose", () => {
  for (const [button, act] of buttons) button.removeEventListener("click", act);
  banner.classList.remove("is-visible");
});
MozConsentBanner.init({ helper: CookieHelper });
