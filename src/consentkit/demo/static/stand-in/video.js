// The player of the stand-in: tells the page around it that it is there, and plays.
const player = document.querySelector(".player");
const button = document.querySelector(".player-button");
button.addEventListener("click", () => {
  const playing = player.dataset.playing !== "true";
  player.dataset.playing = String(playing);
  button.setAttribute("aria-pressed", String(playing));
});
// A third party's cookie is only sent and kept with the last two; browsers take loopback for secure. By script, since the
// paper's server, which withholds what the paper sets, is not in the way of a third party.
document.cookie = `steppe_video=seen; Path=/stand-in/; Max-Age=${30 * 86400}; SameSite=None; Secure`;
parent.postMessage({ standIn: "video" }, "*");
