"use strict";
// What all scripts of a page share: its data, elements made of text (never of HTML), words for numbers.

const page = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

/** An element with attributes and children; a string is text, whatever it holds. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function word(value, kind = "text") {
  if (value === null || value === undefined || value === "") return "";
  if (kind === "seconds") return duration(value);
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value);
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e6 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
}

function duration(seconds) {
  if (seconds < 60) return `${Number(seconds.toPrecision(3))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A choice that outlives a reload of the page, where the browser keeps any. */
function remembered(name, value) {
  const key = `sweeps:${location.pathname}:${name}`;
  try {
    if (value === undefined) return JSON.parse(sessionStorage.getItem(key));
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage can be forbidden: the page then forgets.
  }
  return null;
}

function zoom(image) {
  const dialog = byId("zoomed");
  dialog.replaceChildren(element("img", { src: image.src, alt: image.alt }));
  dialog.onclick = () => dialog.close();
  dialog.showModal();
}

document.querySelectorAll(".zoom").forEach((button) => {
  button.addEventListener("click", () => zoom(button.querySelector("img")));
});

// A film plays when somebody asks for it, and only then.
document.querySelectorAll(".play").forEach((button) => {
  const image = button.parentElement.querySelector("img");
  const still = image.src;
  button.addEventListener("click", () => {
    const playing = image.src === still;
    image.src = playing ? button.dataset.film : still;
    image.parentElement.classList.toggle("film", playing);
    button.textContent = playing ? "Stop" : "Play";
    button.setAttribute("aria-pressed", playing);
  });
});

document.querySelectorAll(".copy").forEach((button) => {
  button.addEventListener("click", async () => {
    await copy(button.parentElement.querySelector("code"));
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
});

/** To the clipboard; where a browser forbids that, the command is selected instead. */
async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    getSelection().selectAllChildren(code);
  }
}

/** Whether somebody reads a trial or types a word: a page must not be pulled from under them. */
const busy = () => document.querySelector("dialog[open]") || document.activeElement.matches("input, select");
const STALE = 60; // seconds after which a page that was to be written anew is not

if (page.reload) {
  setInterval(() => {
    if (!busy() && Date.now() / 1000 - page.written < STALE + 10 * page.reload) location.reload();
  }, page.reload * 1000);
}
