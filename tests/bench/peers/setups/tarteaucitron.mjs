// Its README's init(), and one service of one's own for each purpose, in its README's form.
import * as t from "./texts.mjs";

window.tarteaucitronCustomText = {
  middleBarHead: t.title,
  alertBigPrivacy: t.message,
  acceptAll: t.accept,
  denyAll: t.refuse,
  personalize: t.choose,
  privacyUrl: t.privacy,
};
window.tarteaucitron.init({
  privacyUrl: t.privacyUrl,
  orientation: "bottom",
  showTitleBanner: true,
  showIcon: false,
  removeCredit: true,
});
const kinds = { preferences: "other", analytics: "analytic", advertising: "ads", embeds: "video" };
for (const [id, { title }] of Object.entries(t.purposes)) {
  window.tarteaucitron.services[id] = {
    key: id,
    type: kinds[id],
    name: title,
    uri: t.privacyUrl,
    needConsent: true,
    cookies: [],
    js() {},
    fallback() {},
  };
  window.tarteaucitron.job = [...(window.tarteaucitron.job ?? []), id];
}
