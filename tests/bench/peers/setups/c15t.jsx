// Its quickstart for React, offline (the mode without a server), with four optional categories.
import { ConsentBanner, ConsentDialog, ConsentManagerProvider } from "@c15t/react";
import "@c15t/react/styles.css";
import { createRoot } from "react-dom/client";
import * as t from "./texts.mjs";

const { preferences, analytics, advertising, embeds } = t.purposes;
const words = ({ title, text }) => ({ title, description: text });

const options = {
  mode: "offline",
  consentCategories: ["necessary", "functionality", "measurement", "marketing", "experience"],
  legalLinks: { privacyPolicy: { href: t.privacyUrl }, termsOfService: { href: t.termsUrl } },
  i18n: {
    locale: "ru",
    detectBrowserLanguage: false,
    messages: {
      ru: {
        common: { acceptAll: t.accept, rejectAll: t.refuse, customize: t.choose, save: t.save },
        cookieBanner: { title: t.title, description: t.message },
        consentManagerDialog: { title: t.settings, description: t.message },
        consentTypes: {
          necessary: words(t.necessary),
          functionality: words(preferences),
          measurement: words(analytics),
          marketing: words(advertising),
          experience: words(embeds),
        },
        legalLinks: { privacyPolicy: t.privacy, termsOfService: t.terms },
      },
    },
  },
};

createRoot(document.getElementById("consent")).render(
  <ConsentManagerProvider options={options}>
    <ConsentBanner />
    <ConsentDialog />
  </ConsentManagerProvider>,
);
