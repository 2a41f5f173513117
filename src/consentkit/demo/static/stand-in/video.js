// The player of the stand-in: tells the page around it that it is there, and plays.
const player = document.querySelector(".player");
const button = document.querySelector(".player-button");
button.addEventListener("click", () => {
  const playing = player.dataset.playing !== "true";
  player.dataset.playing = String(playing);
  button.setAttribute("aria-pressed", String(playing));
});
parent.postMessage({ standIn: "video" }, "*");
