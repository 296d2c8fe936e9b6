// The certificate on the pages: <form data-act="NAME" data-says="…"> is signed and sent here, not by the browser. What the
// act is and does is decided in the worker, by the platform's Go code (client/acts); this script asks for certificate and
// passphrase, shows how far it is, and shows what became of it. The passphrase is asked each time and never kept.
"use strict";

(() => {
  const assets = document.currentScript.src.replace(/\/[^/]*$/, "");
  const words = {
    title: "用证书签名",
    old: "这个浏览器不能运行签名模块（缺少 WebAssembly）。请换用新版的浏览器。",
    missing: "平台的程序编译时没有包含签名模块，现在不能在网页上签名。请管理员在源代码目录执行 make build，用得到的程序重新启动平台。",
    load: "所需的内容没有载入。请检查网络后再试；仍然不行请刷新页面。",
    gone: "签名模块意外停止，不知道是否已经办成。请再按一次：已经办成的不会重复办理。",
    choose: "请选择证书文件。",
    device: "正在读取证书介质，请稍候再按。",
    large: "文件超过 64 KiB，不是证书文件。",
    pin: "请输入口令。",
    waiting: "正在载入签名模块",
    leave: "正在办理，请不要离开本页。",
    said: "已经办成。",
    digesting: "正在计算文件的 SM3 摘要，请稍候",
    digest: "SM3 摘要：",
  };
  const maxKeyFile = 64 * 1024;

  // ---- small parts

  const element = (name, attributes = {}, ...inside) => {
    const e = document.createElement(name);
    for (const [k, v] of Object.entries(attributes)) {
      if (v === true) e.setAttribute(k, "");
      else if (v !== false) e.setAttribute(k, v);
    }
    e.append(...inside);
    return e;
  };

  // remembered is one place of this browser (IndexedDB) for the key file, still encrypted.
  const remembered = async (mode, ask) => {
    const d = await new Promise((resolve, reject) => {
      const r = indexedDB.open("baohan-key", 1);
      r.onupgradeneeded = () => r.result.createObjectStore("file");
      r.onsuccess = () => resolve(r.result);
      r.onerror = () => reject(r.error);
    });
    try {
      return await new Promise((resolve, reject) => {
        const t = d.transaction("file", mode);
        const r = ask(t.objectStore("file"));
        t.oncomplete = () => resolve(r.result);
        t.onabort = t.onerror = () => reject(t.error ?? r.error);
      });
    } finally {
      d.close();
    }
  };
  const remember = (file) => remembered("readwrite", (s) => s.put(file, "key"));
  const recall = () => remembered("readonly", (s) => s.get("key")).catch(() => undefined);
  // forget takes away this file and no other.
  const forget = async (file) => (await recall()) === file && remembered("readwrite", (s) => s.delete("key"));

  // ---- the worker

  let module, worker, alive, lastID = 0, starts = 0;
  const waiting = new Map();

  const compiled = async () => {
    if (typeof WebAssembly !== "object") throw new Error(words.old);
    const answer = await fetch(assets + "/key.wasm").catch(() => undefined);
    if (answer?.status === 404) throw new Error(words.missing);
    if (!answer?.ok) throw new Error(words.load);
    return WebAssembly.compileStreaming(answer);
  };

  const start = async () => {
    const mine = ++starts;
    module ??= compiled();
    const ready = await module.catch((e) => {
      module = undefined;
      throw e;
    });
    if (mine !== starts) throw new Error(words.gone); // the dialog was closed meanwhile
    return new Promise((resolve, reject) => {
      const w = (worker = new Worker(assets + "/key-worker.js"));
      const fail = (message) => {
        if (worker === w) stop(message);
        reject(new Error(message));
      };
      worker.onerror = () => fail(words.load);
      worker.onmessage = ({ data }) => {
        if (worker !== w) return;
        if (data.ready) return resolve();
        if (data.gone) return fail(words.gone);
        if (data.progress) return showProgress(data.progress);
        if (data.ask) return askDevice(data);
        waiting.get(data.id)?.resolve(data.answer);
        waiting.delete(data.id);
      };
      worker.postMessage({ module: ready });
    });
  };

  // stop ends the worker, and with it whatever of key and passphrase was in its memory.
  const stop = (message) => {
    ++starts;
    worker?.terminate();
    worker = alive = undefined;
    for (const w of waiting.values()) w.reject(new Error(message));
    waiting.clear();
  };

  const ask = async (call, rest) => {
    alive ??= start();
    try {
      await alive;
    } catch (e) {
      alive = undefined;
      throw e;
    }
    const answer = await new Promise((resolve, reject) => {
      const id = ++lastID;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, call, ...rest });
    });
    if (answer.trouble) throw Object.assign(new Error(answer.trouble.says), answer.trouble);
    return answer;
  };

  // ---- USB keys: docs/usb-key.md

  const devices = [];
  let device; // the one that is used

  const register = (d) => {
    if (typeof d?.name !== "string" || !["certificates", "sign", "decrypt"].every((f) => typeof d[f] === "function")) {
      throw new TypeError("baohan.keys.register: name, certificates, sign and decrypt are needed");
    }
    devices.push(d);
    if (box) listDevices();
  };

  const askDevice = async ({ ask, what, bytes }) => {
    try {
      worker.postMessage({ answer: ask, bytes: await device[what](bytes) });
    } catch (e) {
      worker?.postMessage({ answer: ask, error: String(e?.message ?? e) });
    }
  };

  // ---- the dialog

  let box, task, key, busy = false, turn = 0;
  let held; // the file that was used on this page, still encrypted, and whether it is to be remembered
  const $ = (id) => box.querySelector("#key-" + id);

  const build = () => {
    box = element("dialog", { id: "key", class: "dialog", "aria-labelledby": "key-title", "aria-describedby": "key-says" },
      element("form", { id: "key-form", method: "dialog", novalidate: true, autocomplete: "off" },
        element("h2", { id: "key-title" }, words.title),
        element("p", { id: "key-says" }),
        element("div", { class: "field", id: "key-from-field", hidden: true },
          element("label", { for: "key-from" }, "用哪里的证书"), element("select", { id: "key-from" })),
        element("div", { class: "field", id: "key-choose-field" },
          element("label", { for: "key-choose" }, "证书文件"),
          element("input", { id: "key-choose", type: "file", accept: ".pem,.txt,application/x-pem-file", "aria-describedby": "key-choose-hint" }),
          element("p", { class: "hint", id: "key-choose-hint" }, "文件只在您的设备上读取，私钥和口令不会离开这台电脑。"),
          element("label", { class: "check" }, element("input", { id: "key-remember", type: "checkbox" }), " 在本机记住这张证书（仍需口令）")),
        element("p", { id: "key-who", "aria-live": "polite" }),
        element("div", { class: "field", id: "key-pin-field" },
          element("label", { for: "key-pin" }, "口令"),
          element("input", { id: "key-pin", type: "password", autocomplete: "off", "aria-describedby": "key-error" })),
        element("div", { id: "key-working", hidden: true },
          element("progress", { id: "key-progress", "aria-labelledby": "key-step" }), element("p", { id: "key-step", "aria-live": "polite" })),
        element("p", { id: "key-error", role: "alert" }),
        element("p", { class: "actions" },
          element("button", { id: "key-go", type: "submit", class: "button" }, "签名"), " ",
          element("button", { id: "key-cancel", type: "button", class: "button secondary" }, "取消"))));
    document.body.append(box);
    $("form").addEventListener("submit", (e) => {
      e.preventDefault();
      act();
    });
    $("cancel").addEventListener("click", () => busy || close());
    box.addEventListener("cancel", (e) => busy && e.preventDefault());
    box.addEventListener("keydown", (e) => busy && e.key === "Escape" && e.preventDefault());
    box.addEventListener("close", () => box.open || close()); // by Escape; the event comes late, and may meet the next act
    $("choose").addEventListener("change", chosen);
    $("from").addEventListener("change", from);
    listDevices();
  };

  const close = () => {
    box.close();
    $("pin").value = "";
    stop(words.gone);
    task = undefined;
  };

  const listDevices = () => {
    $("from").replaceChildren(element("option", { value: "" }, "证书文件"), ...devices.map((d, i) => element("option", { value: String(i) }, d.name)));
    $("from-field").hidden = devices.length === 0;
  };

  const fail = (text) => {
    $("error").textContent = text;
    $("error").className = text ? "notice bad" : "";
  };

  const showProgress = ({ done, total, says }) => {
    if (!busy) return;
    $("step").textContent = says;
    if (total > 0) {
      $("progress").max = total;
      $("progress").value = Math.min(done, total);
    } else $("progress").removeAttribute("value");
  };

  // use shows whose certificate it is; only then can it sign.
  const use = async (k) => {
    const mine = ++turn;
    key = undefined;
    $("who").textContent = "";
    fail("");
    try {
      const w = await ask("who", { key: k });
      if (mine !== turn) return false;
      key = k;
      $("who").textContent = w.name + "，证书序列号 " + w.serial + "，有效期至" + w.until;
      return true;
    } catch (e) {
      if (mine === turn) fail(e.message);
      return false;
    }
  };

  const chosen = async () => {
    const file = $("choose").files[0];
    if (!file) return;
    if (file.size > maxKeyFile) return fail(words.large);
    if (await use({ file: await file.text() })) $("pin").focus();
  };

  // from changes between the file and a device. A device asks for its own passphrase.
  const from = async () => {
    device = devices[$("from").value];
    $("choose-field").hidden = $("pin-field").hidden = Boolean(device);
    ++turn;
    key = undefined;
    $("who").textContent = "";
    fail("");
    if (!device) {
      const file = await offered() ?? held?.file ?? await recall();
      if (file && !device && task) {
        $("remember").checked = held ? held.keep : true;
        await use({ file });
      }
      return;
    }
    const d = device;
    try {
      const { sign, open } = await d.certificates();
      if (device === d) await use({ device: { sign, open } });
    } catch (e) {
      if (device === d) fail(d.name + "：" + String(e?.message ?? e));
    }
  };

  // offered is the certificate that a demonstration's page hands out with its passphrase, and nobody else's.
  const offered = async () => {
    const { key: address, pin } = task.form.dataset;
    if (!address) return;
    const answer = await fetch(address).catch(() => undefined);
    if (!answer?.ok) return;
    if (pin) $("pin").value = pin;
    return answer.text();
  };

  const open = async (form, submitter) => {
    if (busy || task) return;
    task = { form, input: inputOf(form, submitter) };
    if (!box?.isConnected) build();
    key = undefined;
    fail("");
    unmark(form);
    $("says").textContent = form.dataset.says ?? "";
    $("choose").value = $("pin").value = $("who").textContent = "";
    $("remember").checked = false;
    box.showModal();
    alive ??= start();
    alive.catch((e) => fail(e.message));
    await from();
    if (task) (device || $("pin").value ? $("go") : key ? $("pin") : $("choose")).focus();
  };

  const inputOf = (form, submitter) => {
    const fields = {}, files = {};
    for (const [name, value] of new FormData(form, submitter)) {
      if (value instanceof File) {
        if (value.name || value.size) (files[name] ??= []).push(value);
      } else (fields[name] ??= []).push(value);
    }
    // Whom this page was shown to: another tab may have begun a session of another meanwhile. Who signs in begins one himself.
    const mark = form.dataset.act === "sign-in" ? "" : document.body.dataset.mark ?? "";
    return { base: location.origin, mark, fields, files };
  };

  // fetched are fields that are too large to stand in every form of a page: <input data-from="/address" name="…">.
  const fetched = async (form) => {
    const fields = {};
    for (const f of form.querySelectorAll("input[data-from]")) {
      const answer = await fetch(f.dataset.from, { cache: "no-store" }).catch(() => undefined);
      if (!answer?.ok || answer.redirected) throw new Error(words.load);
      fields[f.name] = [await answer.text()];
    }
    return fields;
  };

  // ---- the act

  const warn = (e) => {
    e.preventDefault();
    e.returnValue = words.leave;
  };

  const working = (on) => {
    busy = on;
    for (const id of ["from", "choose", "remember", "pin", "go", "cancel"]) $(id).disabled = on;
    $("working").hidden = !on;
    (on ? addEventListener : removeEventListener)("beforeunload", warn);
  };

  const act = async () => {
    if (busy) return;
    if (!key) return fail(device ? $("error").textContent || words.device : words.choose);
    if (!device && !$("pin").value) {
      fail(words.pin);
      return $("pin").focus();
    }
    const { form, input } = task, file = device ? undefined : key.file, keep = $("remember").checked;
    const pin = $("pin").value;
    held = file && { file, keep };
    $("pin").value = "";
    fail("");
    working(true);
    showProgress({ done: 0, total: 0, says: words.waiting });
    try {
      navigator.storage?.persist?.();
      const fields = { ...input.fields, ...(await fetched(form)) };
      const r = await ask("act", { name: form.dataset.act, input: { ...input, fields, key: { ...key, pin } } });
      if (file) await (keep ? remember(file) : forget(file)).catch(console.error);
      working(false);
      close();
      done(form, r);
    } catch (e) {
      working(false);
      fail(e.message);
      mark(form, e.field, e.message);
      (device ? $("go") : $("pin")).focus();
    }
  };

  const done = (form, r) => {
    for (const f of r.files) download(f);
    form.dispatchEvent(new CustomEvent("acted", { bubbles: true, detail: { id: r.id, says: r.says, facts: r.facts, go: r.go } }));
    if (r.go) {
      sessionStorage.setItem("baohan-said", r.says);
      if (r.fill) sessionStorage.setItem("baohan-fill", JSON.stringify({ at: r.go, fields: r.fill }));
      return setTimeout(() => location.assign(r.go), r.files.length ? 500 : 0); // a download that was begun goes on
    }
    show(form, r);
  };

  const show = (form, r) => {
    const into = form.dataset.into && document.querySelector(form.dataset.into);
    const facts = element("dl", { class: "facts" }, ...r.facts.flatMap(({ label, value }) => [element("dt", {}, label), element("dd", {}, value)]));
    const said = element("div", { class: "notice", role: "status", tabindex: "-1" }, element("p", {}, r.says || words.said), ...(r.facts.length ? [facts] : []));
    if (into) into.replaceChildren(said);
    else {
      if (form.nextElementSibling?.matches("[data-said]")) form.nextElementSibling.remove();
      said.dataset.said = "";
      form.after(said);
    }
    said.focus();
  };

  const download = ({ name, kind, bytes }) => {
    const a = element("a", { href: URL.createObjectURL(new Blob([bytes], { type: kind })), download: name });
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 60e3); // it may be clear text
  };

  // ---- the form's own field that is wrong

  const mark = (form, field, message) => {
    const name = field && (form.elements.namedItem(field) ? field : field.split("/").pop());
    const found = name && form.elements.namedItem(name), one = found instanceof RadioNodeList ? found[0] : found;
    unmark(form);
    if (!one || one.type === "hidden") return;
    const id = "key-fault";
    one.setAttribute("aria-invalid", "true");
    one.dataset.described = one.getAttribute("aria-describedby") ?? "";
    one.setAttribute("aria-describedby", (one.dataset.described + " " + id).trim());
    const around = one.closest(".field");
    around?.classList.add("wrong");
    (around ?? one.parentNode).append(element("p", { id, class: "fault" }, message));
    one.addEventListener("input", () => unmark(form), { once: true });
  };

  const unmark = (form) => {
    for (const one of form.querySelectorAll("[data-described]")) {
      one.removeAttribute("aria-invalid");
      if (one.dataset.described) one.setAttribute("aria-describedby", one.dataset.described);
      else one.removeAttribute("aria-describedby");
      delete one.dataset.described;
      one.closest(".field")?.classList.remove("wrong");
    }
    form.querySelector("#key-fault")?.remove();
  };

  // ---- on every page

  window.baohan = Object.assign(window.baohan ?? {}, { keys: Object.freeze({ register }) });

  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (!form.matches?.("form[data-act]")) return;
    e.preventDefault();
    if (form.reportValidity()) open(form, e.submitter);
  });

  // A form may take the digest of a file alone: <input type="file" data-digest="NAME">, which has no name itself. The file is read
  // here and goes nowhere; the form is not sent before its digest is known.
  document.addEventListener("change", async ({ target: f }) => {
    const into = f.dataset?.digest && f.form?.elements.namedItem(f.dataset.digest);
    if (!into) return;
    const told = document.getElementById(f.dataset.digest + "-digest"), file = f.files[0];
    const say = (text, wait) => {
      told.textContent = text;
      f.setCustomValidity(wait ? text : "");
    };
    into.value = "";
    if (!file) return say("");
    say(words.digesting, true);
    try {
      const { digest } = await ask("digest", { file });
      if (f.files[0] !== file) return;
      into.value = digest;
      say(words.digest + digest);
    } catch (e) {
      if (f.files[0] !== file) return;
      f.value = "";
      say(e.message);
    }
  });

  // fill writes what the last act knows into the empty fields of the page that it led to, and of no other.
  const fill = () => {
    const { at, fields } = JSON.parse(sessionStorage.getItem("baohan-fill") ?? "{}");
    sessionStorage.removeItem("baohan-fill");
    if (at !== location.pathname) return;
    for (const [name, values] of Object.entries(fields)) {
      const found = document.querySelectorAll(`form[data-act] input[name="${CSS.escape(name)}"]`);
      values.forEach((v, i) => found[i]?.value === "" && (found[i].value = v));
    }
  };

  const welcome = () => {
    const said = sessionStorage.getItem("baohan-said");
    sessionStorage.removeItem("baohan-said");
    if (said) document.querySelector("main")?.prepend(element("p", { class: "notice screen", role: "status" }, said));
    fill();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", welcome);
  else welcome();
})();
