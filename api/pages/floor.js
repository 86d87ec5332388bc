// The page: sign in, then the floor as it is now. Elements are made, never parsed from text.
import { Feed } from "/assets/feed.js";
import { words } from "/assets/words.js";

const STALE_S = 4; // the engine moves the board's clock once a second
const $ = (id) => document.getElementById(id);
let language = localStorage.getItem("language") === "en" ? "en" : "zh-CN";
let due = false;

const feed = new Feed({ onChange: redraw, onSignedOut: showLogin });

function t(key, values = {}) {
  return (words[language][key] ?? key).replace(/\{(\w)\}/g, (_, name) => values[name]);
}

function duration(s) {
  const whole = Math.floor(s);
  if (whole < 60) return t("seconds", { n: whole });
  if (whole < 3600) return `${t("minutes", { n: Math.floor(whole / 60) })} ${t("seconds", { n: whole % 60 })}`;
  return `${t("hours", { n: Math.floor(whole / 3600) })} ${t("minutes", { n: Math.floor((whole % 3600) / 60) })}`;
}

const percent = (rate) => (rate === undefined ? t("none") : `${(rate * 100).toFixed(1)}%`);
const named = (names, id) => names?.[language] ?? names?.["zh-CN"] ?? id;

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

function entries(kind) {
  const found = Object.entries(feed.board).filter(([key]) => key.startsWith(`${kind}/`));
  return found.map(([, entry]) => entry).sort((a, b) => a.id.localeCompare(b.id));
}

// --- drawing ---------------------------------------------------------------------------------
function redraw() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    draw();
  });
}

function draw() {
  drawFreshness();
  if (!feed.board || $("floor").hidden) return;
  const calls = entries("call");
  const waiting = calls.filter((call) => ["waiting", "reserved", "ringing"].includes(call.state));
  const seats = entries("seat");
  $("house").textContent = feed.board.house?.name ?? "Thirdring";
  $("tiles").replaceChildren(...tiles(calls, waiting, seats));
  $("queues").replaceChildren(...entries("queue").map(queueCard));
  $("waiting-count").textContent = waiting.length;
  $("waiting").replaceChildren(...(waiting.length ? waiting.sort(byTurn).map(waitingRow) : [nothing("noWaiting")]));
  $("seats-count").textContent = seats.length;
  $("seats").replaceChildren(...(seats.length ? seats.map(seatCard) : [nothing("noSeats")]));
  drawStanding(entries("alarm"));
  drawAlarms(feed.board.alarms?.last ?? []);
}

function drawFreshness() {
  const age = feed.ageOfPicture();
  const element = $("freshness");
  let state = "live";
  let text = t("live");
  if (!feed.board) [state, text] = ["wait", t("connecting")];
  else if (!feed.open) [state, text] = ["lost", t("reconnecting", { t: duration(age) })];
  else if (age > STALE_S) [state, text] = ["stale", t("stale", { t: duration(age) })];
  if ($("floor").hidden) text = "";
  if (element.textContent !== text) element.textContent = text;
  element.dataset.state = state;
  document.body.classList.toggle("old", Boolean(feed.board) && state !== "live");
}

const byTurn = (a, b) => b.priority - a.priority || a.waiting_since_boot_s - b.waiting_since_boot_s;
const nothing = (key) => make("p", "nothing", t(key));

function tiles(calls, waiting, seats) {
  const lines = feed.board.lines;
  const talking = calls.filter((call) => ["talking", "held"].includes(call.state)).length;
  const idle = seats.filter((seat) => seat.reachable && seat.status === "ready" && seat.state === "idle").length;
  const pbx = entries("pbx");
  const up = pbx.every((node) => node.up);
  return [
    tile("lines", lines.in_use, t("ofLimit", { n: lines.limit }), lines.in_use >= lines.limit ? "bad" : "", trunks(lines)),
    tile("waitingNow", waiting.length, "", waiting.length > idle ? "warn" : ""),
    tile("talking", talking),
    tile("ready", idle, "", idle === 0 && waiting.length ? "bad" : ""),
    tile("blocked", lines.blocked, "", lines.blocked ? "warn" : ""),
    tile("pbx", pbx.length ? t(up ? "up" : "down") : t("unknown"), "", pbx.length && !up ? "bad" : ""),
  ];
}

function trunks(lines) {
  const parts = Object.entries(lines.by_trunk).map(([id, trunk]) => `${trunk.name || id} ${trunk.in_use}`);
  return parts.join(" · ");
}

function tile(label, value, after = "", mood = "", below = "") {
  const number = make("p", "value", String(value), make("small", "", after));
  return make("div", `tile ${mood}`, make("p", "label", t(label)), number, below && make("p", "below", below));
}

function queueCard(queue) {
  const today = queue.today;
  const longest = queue.longest_since_boot_s === undefined ? t("none") : duration(feed.age(queue.longest_since_boot_s));
  const level = t("levelAt", { s: queue.service_level_s });
  return make(
    "article",
    "card",
    make("h3", "", named(queue.name, queue.id), make("span", `count ${queue.waiting ? "warn" : ""}`, String(queue.waiting))),
    make(
      "dl",
      "",
      ...fact("connection", percent(today.connection_rate), mood(today.connection_rate, queue.connection_rate_target)),
      ...fact("level", percent(today.service_level.v3), mood(today.service_level.v3, queue.service_level_target), level),
      ...fact("rings", percent(today.three_ring_rate)),
      ...fact("longest", longest),
      ...fact("asa", today.asa_s === undefined ? t("none") : t("seconds", { n: today.asa_s.toFixed(1) })),
    ),
    make("p", "counts", `${t("offered")} ${today.offered} · ${t("answered")} ${today.answered} · ${t("abandoned")} ${today.abandoned}`),
  );
}

const mood = (rate, target) => (rate === undefined || target === undefined ? "" : rate < target ? "bad" : "good");

function fact(label, value, className = "", note = "") {
  return [make("dt", "", t(label), note && make("small", "", ` ${note}`)), make("dd", className, value)];
}

function waitingRow(call) {
  const queue = feed.board[`queue/${call.queue}`];
  const hotline = feed.board[`hotline/${call.hotline}`];
  return make(
    "li",
    "",
    make("span", "age", duration(feed.age(call.waiting_since_boot_s))),
    make("span", "strong", named(queue?.name, call.queue)),
    make("span", "", call.caller || t("withheld")),
    make("span", "dim", named(hotline?.name, call.hotline)),
    make("span", "dim", call.priority ? t("priority", { n: call.priority }) : ""),
    make("span", `state ${call.state}`, call.state === "waiting" ? "" : t(call.state)),
  );
}

function seatCard(seat) {
  const state = seatState(seat);
  const counted = seat.agent && state !== "unreachable_phone";
  return make(
    "article",
    `seat ${state}`,
    make("h3", "", seat.name || seat.id),
    make("p", "agent", seat.agent_name || t("none")),
    make("p", "state", t(state), counted ? make("span", "age", duration(feed.age(seat.since_boot_s))) : ""),
  );
}

function seatState(seat) {
  if (!seat.reachable) return "unreachable_phone";
  if (!seat.agent) return "empty";
  if (seat.state && seat.state !== "idle") return seat.state;
  return seat.status === "ready" ? "idle" : seat.status;
}

// What is true now; it leaves when its figure is back.
function drawStanding(alarms) {
  $("standing-section").hidden = alarms.length === 0;
  const grave = (alarm) => ["critical", "warning", "info"].indexOf(alarm.severity);
  $("standing").replaceChildren(...alarms.sort((a, b) => grave(a) - grave(b) || a.since_boot_s - b.since_boot_s).map(standingRow));
}

function standingRow(alarm) {
  const button = make("button", "", t("acknowledge"));
  button.addEventListener("click", () => acknowledge(alarm));
  return make(
    "li",
    "",
    make("span", "age", duration(feed.age(alarm.since_boot_s))),
    make("span", `strong ${alarm.severity === "critical" ? "bad" : "warn"}`, alarm.rule),
    make("span", "", alarm.text),
    alarm.state === "acknowledged" ? make("span", "dim", t("acknowledgedBy", { n: alarm.by })) : button,
  );
}

async function acknowledge(alarm) {
  const path = `/api/v1/alarms/${encodeURIComponent(alarm.rule)}/${encodeURIComponent(alarm.subject)}/acknowledge`;
  const answer = await fetch(path, { method: "POST" }).catch(() => null);
  const problem = answer?.ok ? null : await answer?.json().catch(() => null);
  $("standing-problem").textContent = answer?.ok ? "" : (problem?.detail ?? t("unreachable"));
}

function drawAlarms(last) {
  $("alarms-section").hidden = last.length === 0;
  const time = new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "medium", timeZone: feed.board.house?.time_zone });
  $("alarms").replaceChildren(
    ...last.slice(0, 10).map((alarm) =>
      make("li", "", make("span", "age", time.format(alarm.at_utc_s * 1000)), make("span", "strong", t(`alarm_${alarm.name}`)), make("span", "", alarm.text)),
    ),
  );
}

// --- signing in, language ------------------------------------------------------------------------
function show(which) {
  $("login").hidden = which !== "login";
  $("floor").hidden = which !== "floor";
  $("sign-out").hidden = which !== "floor";
}

function showLogin() {
  feed.stop();
  show("login");
  drawFreshness();
  $("login-form").elements.name.focus();
}

function showFloor() {
  show("floor");
  feed.start();
  redraw();
}

async function signIn(event) {
  event.preventDefault();
  const form = $("login-form");
  const body = JSON.stringify(Object.fromEntries(new FormData(form)));
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch("/api/v1/sessions", { method: "POST", headers, body }).catch(() => null);
  $("login-problem").textContent = answer?.ok ? "" : t(answer === null ? "unreachable" : answer.status === 429 ? "tooMany" : "wrong");
  if (!answer?.ok) return;
  form.reset();
  showFloor();
}

async function signOut() {
  await fetch("/api/v1/sessions/current", { method: "DELETE" }).catch(() => null);
  showLogin();
}

function speak(chosen) {
  language = chosen;
  localStorage.setItem("language", chosen);
  document.documentElement.lang = chosen;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  const other = $("language");
  other.textContent = t("other");
  other.lang = chosen === "en" ? "zh-CN" : "en";
  $("login-problem").textContent = "";
  draw();
}

$("login-form").addEventListener("submit", signIn);
$("sign-out").addEventListener("click", signOut);
$("language").addEventListener("click", () => speak(language === "en" ? "zh-CN" : "en"));
speak(language);
setInterval(redraw, 1000); // ages grow between updates
const session = await fetch("/api/v1/sessions/current").catch(() => null);
if (session?.ok) showFloor();
else showLogin();
