// What is ours of the page: where the server is, letters of a size that the stage fits, why it ended.
// Runs before Textual's script begins, which does so when everything is loaded.
"use strict";

const COLUMNS = 80, LINES = 24; // the smallest screen that the stage fits on
const SMALLEST = 4, USUAL = 16; // letters, px
const WIDE = 0.602, HIGH = 1.35; // a cell, as a part of the letters' size: Roboto Mono

// Browsers tell a script why a connection was closed, but Textual's does not listen.
const closed = (event) => {
  const why = event.reason || (event.code === 1006 ? "The connection to the server is lost." : "It has ended.");
  document.querySelector("#why").textContent = why;
  document.querySelector("#again").focus();
};
window.WebSocket = class extends window.WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("close", closed);
  }
};

document.addEventListener("DOMContentLoaded", () => {
  const terminal = document.querySelector("#terminal");
  const fits = Math.min(innerWidth / COLUMNS / WIDE, innerHeight / LINES / HIGH);
  terminal.dataset.sessionWebsocketUrl = `${location.origin.replace(/^http/, "ws")}/ws`;
  terminal.dataset.fontSize = Math.max(SMALLEST, Math.min(USUAL, Math.floor(fits)));
  document.querySelector("#again").addEventListener("click", () => location.reload());
});
