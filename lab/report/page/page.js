"use strict";
// What the page can do besides being read: it remembers language and theme, shows one conversation of all,
// steps through its packets with the arrow keys, and shows all payloads as hexadecimal.

const $ = (id) => document.getElementById(id);
const chooser = $("choose");
const ladders = [...document.querySelectorAll(".ladder")];
const PACE = 700; // ms between packets while playing
let current = null;
let timer = null;
let stepped = null; // the packets of what is shown, once one has been stepped to

function remember(name, fallback) {
  const inputs = [...document.querySelectorAll(`input[name=${name}]`)];
  let kept = null;
  try {
    kept = localStorage.getItem(`lab-${name}`);
  } catch {
    // a page from disk may have no storage
  }
  const chosen = inputs.find((input) => input.id === (kept ?? fallback));
  if (chosen) chosen.checked = true;
  for (const input of inputs) {
    input.addEventListener("change", () => {
      try {
        localStorage.setItem(`lab-${name}`, input.id);
      } catch {
        // likewise
      }
      speak();
    });
  }
}

function speak() {
  document.documentElement.lang = $("zh").checked ? "zh-CN" : "en";
}

function shown() {
  return ladders.filter((ladder) => !ladder.hidden);
}

function choose(id) {
  for (const ladder of ladders) ladder.hidden = id !== "" && ladder.id !== id;
  chooser.value = id;
  stepped = null;
}

function unfold(element) {
  for (let at = element.parentElement; at; at = at.parentElement) {
    if (at.tagName === "DETAILS") at.open = true;
  }
}

function leave() {
  current?.classList.remove("current");
  current = null;
  $("states").textContent = "";
}

// The ends of the conversation with the state that each is in after a packet: it stands at a rail only where it changes.
function tell(packet) {
  const ladder = packet.closest(".ladder");
  const states = ["", ""];
  for (const told of ladder.querySelectorAll(".states")) {
    if (!packet.contains(told) && !(told.compareDocumentPosition(packet) & Node.DOCUMENT_POSITION_FOLLOWING)) break;
    [...told.children].forEach((each, end) => (states[end] = each.textContent || states[end]));
  }
  const ends = [...ladder.querySelectorAll(".ends b")].map((each) => each.textContent);
  $("states").textContent = states.some(Boolean) ? ends.map((end, at) => `${end} ${states[at]}`).join("   ") : "";
}

function go(packet) {
  if (!packet) return;
  leave();
  current = packet;
  const ladder = packet.closest(".ladder");
  if (ladder?.hidden) choose(ladder.id);
  unfold(packet);
  packet.classList.add("current");
  tell(packet);
  packet.focus({ preventScroll: true });
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  packet.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
}

function step(by) {
  stepped ??= shown().flatMap((ladder) => [...ladder.querySelectorAll(".packet")]);
  const at = stepped.indexOf(current);
  const next = at < 0 ? (by > 0 ? 0 : stepped.length - 1) : at + by;
  go(stepped[next]);
  return next + by >= 0 && next + by < stepped.length;
}

function play(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => step(1) || play(false), PACE) : null;
  $("play").setAttribute("aria-pressed", String(on));
  $("play").firstChild.data = on ? "❚❚ " : "▶ ";
}

function jump() {
  const target = location.hash.length > 1 && $(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.matches(".packet")) go(target);
  else if (target.matches(".ladder") && target.hidden) choose(target.id);
}

remember("language", document.documentElement.lang.startsWith("zh") ? "zh" : navigator.language.startsWith("zh") ? "zh" : "en");
remember("theme", "auto");
speak();
addEventListener("hashchange", jump);

if (chooser) {
  $("player").hidden = false;
  chooser.addEventListener("change", () => {
    choose(chooser.value);
    leave();
  });
  $("previous").addEventListener("click", () => step(-1));
  $("next").addEventListener("click", () => step(1));
  $("play").addEventListener("click", () => play(timer === null));
  $("dump").addEventListener("click", () => {
    const on = $("dump").getAttribute("aria-pressed") !== "true";
    $("dump").setAttribute("aria-pressed", String(on));
    for (const ladder of shown()) for (const dump of ladder.querySelectorAll(".hex")) dump.open = on;
  });
  addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select, .scroll, pre")) return;
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      event.preventDefault();
      step(event.key === "ArrowRight" ? 1 : -1);
    }
  });
  jump();
}
