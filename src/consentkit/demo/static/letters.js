// Larger letters, for who asks. Remembered only with the reader's consent to the purpose "preferences".
(() => {
  const key = "herald:letters";
  const root = document.documentElement;
  const allowed = () => window.consentkit?.allows("preferences") === true;
  try {
    // There is something to read only if it was written with consent.
    if (localStorage.getItem(key) === "large") root.dataset.letters = "large";
  } catch {
    // Storage is blocked: the letters stay as they are.
  }
  const remember = () => {
    try {
      if (allowed() && root.dataset.letters) localStorage.setItem(key, root.dataset.letters);
      else localStorage.removeItem(key);
    } catch {
      // As above.
    }
  };
  document.addEventListener("consentkit:change", remember);
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector(".letters");
    if (!button) return;
    const show = () => button.setAttribute("aria-pressed", String(root.dataset.letters === "large"));
    button.addEventListener("click", () => {
      if (root.dataset.letters) delete root.dataset.letters;
      else root.dataset.letters = "large";
      show();
      remember();
    });
    show();
    button.dataset.ready = "";
  });
})();
