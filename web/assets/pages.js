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
    if (failures > 0) dispatchEvent(new Event("server-found"));
    failures = 0;
    lost.textContent = "";
  } catch {
    if (++failures === 1) dispatchEvent(new Event("server-lost"));
    if (failures >= 2) lost.textContent = "与服务器失去联系，时间未校准；请检查网络";
  }
}

const serverNow = () => Date.now() + offset;
window.baohan = Object.assign(window.baohan ?? {}, { now: serverNow });

const two = (n) => String(n).padStart(2, "0");

function shown(t) {
  const d = new Date(t + 8 * 3600e3); // Beijing, whatever this machine thinks
  if (document.documentElement.lang === "en") return d.toISOString().slice(0, 19).replace("T", " ");
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
  window.addEventListener("online", ask);
  window.addEventListener("offline", ask);
}

// A part is fetched and put in place around what somebody is typing (htmx, innerMorph; hx-morph-skip is left as it is). A
// build without htmx replaces the part, and keeps the same forms. What is no part stays out: an error, or the sign-in of a
// person whose session is over.
async function fetchInto(part) {
  const answer = await fetch(part.dataset.part, { cache: "no-store", headers: { "Baohan-Unattended": "yes" }, signal: AbortSignal.timeout(15e3) });
  if (!answer.ok || answer.redirected) throw new Error(answer.redirected ? "session" : answer.status);
  const text = await answer.text();
  if (window.htmx) return htmx.swap({ text, target: part, sourceElement: part, swap: "innerMorph" });
  const fresh = document.createRange().createContextualFragment(text);
  for (const kept of part.querySelectorAll("[hx-morph-skip][id]")) fresh.getElementById(kept.id)?.replaceWith(kept);
  part.replaceChildren(fresh);
}

// A live part is fetched anew when its stream tells of something. The stream tells again what was missed (Last-Event-ID), so
// nothing is lost while it is away; a stream that was refused is asked for again. data-final names the events after which
// nothing comes, data-reload those after which the page is another.
function follow(part) {
  const words = (name) => (part.dataset[name] ?? "").split(" ").filter(Boolean);
  const state = document.getElementById(part.dataset.state ?? "");
  const say = (text) => { if (state && state.textContent !== text) state.textContent = text; };
  const cut = "实时连接中断，正在重新连接；恢复后自动补齐";
  const address = new URL(part.dataset.live, location.href);
  let waiting = false, again = false, ended = false, source, later, anew;
  const end = () => { ended = true; source.close(); };
  const refresh = async () => {
    if (waiting) { again = true; return; }
    waiting = true;
    clearTimeout(later);
    try {
      await fetchInto(part);
      if (ended || failures === 0 && source.readyState === EventSource.OPEN) say("");
    } catch (e) {
      if (e.message === "session") {
        end();
        say("登录已到期，本页不再更新；请刷新页面，重新登录");
      } else {
        say(cut);
        later = setTimeout(refresh, 2000);
      }
    } finally {
      waiting = false;
      if (again) { again = false; refresh(); }
    }
  };
  const listen = () => {
    clearTimeout(anew);
    source?.close();
    source = new EventSource(address);
    const heard = (e) => {
      if (e.lastEventId) address.searchParams.set("after", e.lastEventId);
      if (words("reload").includes(e.type)) { end(); location.reload(); return; }
      if (words("final").includes(e.type)) end();
      refresh();
    };
    for (const kind of new Set([...(words("events").length ? words("events") : ["message"]), ...words("final"), ...words("reload")])) source.addEventListener(kind, heard);
    source.onopen = refresh;
    source.onerror = () => {
      if (ended) return;
      say(cut);
      if (source.readyState !== EventSource.CLOSED) return;
      anew = setTimeout(listen, 3000);
      refresh(); // which learns whether the session has ended, and the stream with it
    };
  };
  listen();
  // A line that is dead without a word is noticed by the clock, which asks every ten seconds: the stream is begun anew.
  window.addEventListener("server-lost", () => { if (!ended) say(cut); });
  window.addEventListener("server-found", () => {
    if (!ended) listen();
  });
  part.addEventListener("over", refresh);
  window.addEventListener("pagehide", end);
}

// A page may also be looked at again every so many seconds.
function repeat(part) {
  setInterval(() => fetchInto(part).catch(() => {}), Number(part.dataset.every) * 1000); // next time
}

for (const part of document.querySelectorAll("[data-live]")) follow(part);
for (const part of document.querySelectorAll("[data-every]")) repeat(part);

// After an act on this page, what it has changed is fetched anew.
document.addEventListener("acted", () => {
  for (const part of document.querySelectorAll("[data-part][data-acted]")) fetchInto(part);
});

document.addEventListener("click", (e) => {
  if (e.target.closest("[data-print]")) window.print();
});

// What is printed says where it comes from and when it was.
window.addEventListener("beforeprint", () => {
  for (const p of document.querySelectorAll("[data-printed]")) p.textContent = `打印自电子投标保函平台 ${location.origin + location.pathname}，${shown(serverNow())}（北京时间，以服务器为准）`;
});

// A form is sent once. What cannot be taken back is asked once.
document.addEventListener("submit", (e) => {
  const form = e.target;
  if (form.dataset.act) return;
  if (form.dataset.sent) { e.preventDefault(); return; }
  if (form.dataset.ask && !window.confirm(form.dataset.ask)) { e.preventDefault(); return; }
  if (form.method === "post") form.dataset.sent = "yes";
});

// What was done is said once, not again when the page is loaded anew.
if (new URLSearchParams(location.search).has("done")) history.replaceState(null, "", location.pathname + location.hash);
window.addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });

// What was refused is where the reader looks first.
document.querySelector('[aria-invalid="true"], .notice.bad[role="alert"]')?.scrollIntoView({ block: "center" });
document.querySelector('[aria-invalid="true"]')?.focus();
