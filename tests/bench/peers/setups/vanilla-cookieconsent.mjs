// As in its guide for bundlers: the stylesheet and run() with categories and one language.
import { run } from "vanilla-cookieconsent";
import "vanilla-cookieconsent/dist/cookieconsent.css";
import * as t from "./texts.mjs";

const optional = Object.entries(t.purposes);

run({
  categories: { necessary: { enabled: true, readOnly: true }, ...Object.fromEntries(optional.map(([id]) => [id, {}])) },
  language: {
    default: "ru",
    translations: {
      ru: {
        consentModal: {
          title: t.title,
          description: t.message,
          acceptAllBtn: t.accept,
          acceptNecessaryBtn: t.refuse,
          showPreferencesBtn: t.choose,
          footer: `<a href="${t.privacyUrl}">${t.privacy}</a> <a href="${t.termsUrl}">${t.terms}</a>`,
        },
        preferencesModal: {
          title: t.settings,
          acceptAllBtn: t.accept,
          acceptNecessaryBtn: t.refuse,
          savePreferencesBtn: t.save,
          closeIconLabel: "Закрыть",
          sections: [
            { title: t.title, description: t.message },
            { title: t.necessary.title, description: t.necessary.text, linkedCategory: "necessary" },
            ...optional.map(([id, { title, text }]) => ({ title, description: text, linkedCategory: id })),
          ],
        },
      },
    },
  },
});
