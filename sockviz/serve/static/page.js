// What is ours of the page: where the server is, letters of a size that the stage fits, why it ended.
// Runs before Textual's script begins, which does so when everything is loaded.
"use strict";

const COLUMNS = 80, LINES = 24; // the smallest screen that the stage fits on
const ROOMY = { columns: 120, lines: 36 }; // on a large screen letters are as large as these allow
const USUAL = 16, SMALLEST = 4; // letters, px
const WIDE = 0.602, HIGH = 1.35; // a cell, as a part of the letters' size: Roboto Mono

const largest = (columns, lines) => Math.floor(Math.min(innerWidth / columns / WIDE, innerHeight / lines / HIGH));

const letters = () => {
  const fits = Math.max(SMALLEST, largest(COLUMNS, LINES));
  return Math.min(fits, Math.max(USUAL, largest(ROOMY.columns, ROOMY.lines)));
};

// Browsers tell a script why a connection was closed, but Textual's does not listen.
const closed = (event) => {
  const why = document.querySelector("#why");
  why.textContent = event.reason || why.dataset.lost;
  setTimeout(() => document.querySelector("#again").focus()); // it is shown when Textual's script has heard
};
const opened = () => {
  // Keys are the stage's from the beginning; on a telephone its keyboard would cover half of the screen.
  if (!matchMedia("(pointer: coarse)").matches) document.querySelector(".xterm-helper-textarea").focus();
};
window.WebSocket = class extends window.WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("open", opened);
    this.addEventListener("close", closed);
  }
  send(data) {
    if (this.readyState === WebSocket.OPEN) super.send(data); // the focus comes and goes at any time
  }
};

document.addEventListener("DOMContentLoaded", () => {
  const terminal = document.querySelector("#terminal");
  terminal.dataset.sessionWebsocketUrl = `${location.origin.replace(/^http/, "ws")}/ws`;
  terminal.dataset.fontSize = letters();
  document.querySelector("#again").addEventListener("click", () => location.reload());
});
