// The file that its README has loaded before klaro.js: a global klaroConfig, one service for each purpose.
import * as t from "./texts.mjs";

const optional = Object.entries(t.purposes);

window.klaroConfig = {
  version: 1,
  lang: "ru",
  acceptAll: true,
  groupByPurpose: true,
  showNoticeTitle: true,
  privacyPolicy: t.privacyUrl,
  translations: {
    ru: {
      acceptAll: t.accept,
      ok: t.accept,
      decline: t.refuse,
      save: t.save,
      consentNotice: { title: t.title, description: t.message, learnMore: t.choose },
      consentModal: { title: t.settings, description: t.message },
      purposes: Object.fromEntries(optional.map(([id, { title, text }]) => [id, { title, description: text }])),
    },
  },
  services: optional.map(([id, { title, text }]) => ({ name: `service-${id}`, title, description: text, purposes: [id] })),
};
