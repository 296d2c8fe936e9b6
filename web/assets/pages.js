// What every page does in the browser: the server's clock, countdowns, live parts, and one sending of a form. Acts that a
// certificate signs are key.js's.
"use strict";

// The server's clock. Its offset is measured every ten seconds, halving the way there and back; when no answer comes the
// page says that it has lost the time instead of showing its own.
const clock = document.getElementById("clock");
const lost = document.getElementById("clock-lost");
let offset = Date.parse(clock?.dataset.now ?? "") - Date.now();
let failures = 0;

async function ask() {
  const before = Date.now();
  try {
    const answer = await fetch("/clock", { cache: "no-store", signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(answer.status);
    const { now } = await answer.json();
    const after = Date.now();
    offset = Date.parse(now) - (before + after) / 2;
    failures = 0;
    lost.textContent = "";
  } catch {
    if (++failures >= 2) lost.textContent = "与服务器失去联系，时间未校准；请检查网络";
  }
}

const serverNow = () => Date.now() + offset;
window.baohan = Object.assign(window.baohan ?? {}, { now: serverNow });

const two = (n) => String(n).padStart(2, "0");

function shown(t) {
  const d = new Date(t + 8 * 3600e3); // Beijing, whatever this machine thinks
  return `${d.getUTCFullYear()}年${d.getUTCMonth() + 1}月${d.getUTCDate()}日 ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
}

function left(ms) {
  if (ms <= 0) return "已到";
  const s = Math.floor(ms / 1000), days = Math.floor(s / 86400), hours = Math.floor(s / 3600) % 24, minutes = Math.floor(s / 60) % 60;
  if (days > 0) return `${days} 天 ${hours} 小时`;
  if (hours > 0) return `${hours} 小时 ${two(minutes)} 分`;
  return `${minutes} 分 ${two(s % 60)} 秒`;
}

function tick() {
  const now = serverNow();
  if (clock) clock.textContent = shown(now);
  for (const c of document.querySelectorAll("[data-until]")) {
    const ms = Date.parse(c.dataset.until) - now;
    const text = left(ms);
    if (c.textContent !== text) c.textContent = text;
    c.classList.toggle("soon", ms > 0 && ms < 5 * 60e3);
    if (ms <= 0 && !c.dataset.over) {
      c.dataset.over = "yes";
      c.dispatchEvent(new CustomEvent("over", { bubbles: true }));
    }
  }
}

if (clock) {
  tick();
  setInterval(tick, 250);
  setInterval(ask, 10e3);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
}

// htmx puts a part in place and keeps what is typed in it; a build without it replaces the part whole.
async function fetchInto(part) {
  if (window.htmx) return htmx.ajax("GET", part.dataset.part, { target: part, swap: "innerMorph" });
  const answer = await fetch(part.dataset.part);
  if (answer.ok) part.innerHTML = await answer.text();
}

// A live part is fetched anew when its stream tells of something, and put in place without disturbing what somebody is
// typing. The stream tells the last event again that was missed (Last-Event-ID), so nothing is lost while it is away.
function follow(part) {
  let waiting = false, again = false;
  const refresh = async () => {
    if (waiting) { again = true; return; }
    waiting = true;
    try {
      await fetchInto(part);
    } finally {
      waiting = false;
      if (again) { again = false; refresh(); }
    }
  };
  const state = document.getElementById(part.dataset.state ?? "");
  const source = new EventSource(part.dataset.live);
  const heard = () => { if (state) state.textContent = ""; refresh(); };
  for (const kind of (part.dataset.events ?? "message").split(" ")) source.addEventListener(kind, heard);
  source.onopen = () => { if (state) state.textContent = ""; };
  source.onerror = () => { if (state) state.textContent = "实时连接中断，正在重新连接；恢复后自动补齐"; };
  part.addEventListener("over", refresh);
  window.addEventListener("pagehide", () => source.close());
}

// A page may also be looked at again every so many seconds.
function repeat(part) {
  setInterval(() => fetchInto(part), Number(part.dataset.every) * 1000);
}

for (const part of document.querySelectorAll("[data-live]")) follow(part);
for (const part of document.querySelectorAll("[data-every]")) repeat(part);

document.addEventListener("click", (e) => {
  if (e.target.closest("[data-print]")) window.print();
});

// A form is sent once. What cannot be taken back is asked once.
document.addEventListener("submit", (e) => {
  const form = e.target;
  if (form.dataset.act) return;
  if (form.dataset.sent) { e.preventDefault(); return; }
  if (form.dataset.ask && !window.confirm(form.dataset.ask)) { e.preventDefault(); return; }
  if (form.method === "post") form.dataset.sent = "yes";
});
window.addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });

// What was refused is where the reader looks first.
document.querySelector('[aria-invalid="true"], .notice.bad[role="alert"]')?.scrollIntoView({ block: "center" });
document.querySelector('[aria-invalid="true"]')?.focus();
