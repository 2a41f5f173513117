// Keeps the footer's line true: which stand-ins of third parties are on the page now.
(() => {
  const origin = document.currentScript.dataset.origin || location.origin;
  const mark = (name, state) => {
    for (const element of document.querySelectorAll(`[data-stand-in="${name}"]`)) {
      element.dataset.state = state;
      element.textContent = element.dataset[state];
    }
  };
  addEventListener("message", (event) => {
    if (event.origin === origin && event.data?.standIn === "video") mark("video", "loaded");
  });
  document.addEventListener("consentkit:change", () => {
    // After this event has been handled by everybody: a withdrawal takes the frame away.
    setTimeout(() => {
      if (!document.querySelector('iframe[data-service="steppe-video"][src]')) mark("video", "blocked");
    });
  });
})();
