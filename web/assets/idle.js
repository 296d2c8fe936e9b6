// A session that nobody uses is over. This page knows it in time: it warns, and when it is over it covers itself and asks for the
// certificate where it stands, so that what was typed is still there afterwards. Typing uses the session; the clock and live
// parts do not.
"use strict";

(() => {
  const { idle, mark, role, assets } = document.body.dataset;
  const life = Number(idle) * 1000, warned = Math.min(2 * 60e3, life / 4);
  let used = Date.now(); // when this page last used the session, as far as it knows

  const element = (name, attributes = {}, ...inside) => {
    const e = document.createElement(name);
    for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
    e.append(...inside);
    return e;
  };

  // look asks for the session; use says that somebody is here. Nothing is known while no answer comes: then nothing is covered.
  const look = async (use) => {
    const answer = await fetch("/session", { cache: "no-store", headers: use ? {} : { "Baohan-Unattended": "yes" }, signal: AbortSignal.timeout(5000) }).catch(() => undefined);
    if (answer?.status === 401) return { over: true };
    if (!answer?.ok) return undefined;
    const s = await answer.json();
    if (use) used = Date.now();
    return s.mark === mark ? s : { other: true };
  };

  // ---- the warning

  const bar = element("div", { class: "notice open idle", role: "status" });
  const stay = element("button", { type: "button", class: "button" }, "继续使用");
  stay.addEventListener("click", async () => settle(await look(true)));
  const warn = (seconds) => {
    const minutes = Math.max(1, Math.ceil(seconds / 60));
    bar.replaceChildren(element("p", {}, `长时间没有使用，${minutes} 分钟内将自动退出登录。`), element("p", { class: "actions" }, stay));
    if (!bar.isConnected) document.body.append(bar);
  };

  // ---- the cover

  let cover, back = false;
  const build = () => {
    const form = element("form", { "data-act": "sign-in", "data-says": "重新登录电子投标保函平台", autocomplete: "off" },
      element("input", { type: "hidden", name: "role", value: role }), element("input", { type: "hidden", name: "stay", value: "yes" }),
      element("p", { class: "actions" }, element("button", { type: "submit", class: "button" }, "用证书重新登录"), " ",
        element("a", { class: "button secondary", href: "/sign-in?over=idle" }, "离开本页")));
    cover = element("dialog", { id: "idle", class: "dialog", "aria-labelledby": "idle-title" },
      element("h2", { id: "idle-title" }, "登录已经自动退出"),
      element("p", {}, "长时间没有使用，为防他人冒用，登录已经退出。用同一单位的证书重新登录，本页填写的内容还在。"), form);
    cover.addEventListener("cancel", (e) => e.preventDefault());
    cover.addEventListener("close", () => back || cover.showModal());
    form.addEventListener("acted", async (e) => {
      e.stopPropagation();
      let s;
      while (!(s = await look(true))) await new Promise((again) => setTimeout(again, 1000)); // a slow line
      settle(s);
    });
    document.body.append(cover);
    if (!document.querySelector("script[src$='/key.js']")) document.head.append(element("script", { src: assets + "/key.js" }));
  };

  const settle = (s) => {
    if (!s) return;
    if (s.other) return location.assign("/"); // the forms that stand here are another's
    if (s.over) {
      if (!cover) build();
      back = false;
      if (!cover.open) cover.showModal();
      document.documentElement.classList.add("covered"); // nobody reads on, nor prints
      return bar.remove();
    }
    if (cover?.open) {
      back = true;
      cover.close();
      document.documentElement.classList.remove("covered");
      cover.querySelector("[data-said]")?.remove();
      dispatchEvent(new Event("server-found")); // live parts begin anew
    }
    used = Math.max(used, Date.now() - life + s.left * 1000); // another page of this browser may have used it
    if (s.left * 1000 <= warned) warn(s.left);
    else bar.remove();
  };

  // ---- what uses it, and when it is looked at

  document.addEventListener("input", async () => {
    if (Date.now() - used < Math.min(60e3, life / 4)) return;
    used = Date.now();
    settle(await look(true));
  });

  let looking = false;
  const check = async () => {
    if (looking || cover?.open || Date.now() - used < life - warned) return;
    looking = true;
    settle(await look(false));
    looking = false;
  };
  setInterval(check, Math.min(15e3, life / 20));
  document.addEventListener("visibilitychange", () => document.hidden || check());

  // A form that is sent after a pause is sent once it is known that somebody is signed in: what was typed would be lost else.
  document.addEventListener("submit", async (e) => {
    const form = e.target, by = e.submitter;
    if (Date.now() - used < life / 2 || form.closest("dialog") || form.method !== "post" && !form.dataset.act) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    const s = await look(true);
    settle(s);
    used = Math.max(used, Date.now() - life / 2 + 1000); // no answer: the form goes its way
    if (!s || s.left !== undefined) form.requestSubmit(by?.form === form ? by : undefined);
  }, true);
})();
