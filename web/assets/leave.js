// Before a bidder signs out it is asked what becomes of the papers that this browser keeps for it: their content is encrypted to
// its certificate, their names tell which lots it is about. Who shares the machine before an opening has them deleted, and with
// them the key file that the browser remembers: whoever comes next would read in it which unit was here.
"use strict";

(() => {
  const out = document.querySelector("form.out[data-own]"), mine = out?.dataset.own + "/";
  if (!out) return;

  const element = (name, attributes = {}, ...inside) => {
    const e = document.createElement(name);
    for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
    e.append(...inside);
    return e;
  };

  const store = async (base, name, mode, ask) => {
    const d = await new Promise((resolve, reject) => {
      const r = indexedDB.open(base, 1);
      r.onupgradeneeded = () => r.result.createObjectStore(name);
      r.onsuccess = () => resolve(r.result);
      r.onerror = () => reject(r.error);
    });
    try {
      return await new Promise((resolve, reject) => {
        const t = d.transaction(name, mode), r = ask(t.objectStore(name));
        t.oncomplete = () => resolve(r.result);
        t.onabort = t.onerror = () => reject(t.error ?? r.error);
      });
    } finally {
      d.close();
    }
  };
  const own = IDBKeyRange.bound(mine, mine + "\uffff");
  const copies = (mode, ask) => store("baohan-copies", "copies", mode, ask), keyFile = (mode, ask) => store("baohan-key", "file", mode, ask);

  const go = () => {
    out.dataset.asked = "yes";
    out.requestSubmit();
  };

  const ask = () => {
    const button = (text, kind, then) => {
      const b = element("button", { type: "button", class: "button" + kind }, text);
      b.addEventListener("click", then);
      return b;
    };
    const box = element("dialog", { id: "leave", class: "dialog", "aria-labelledby": "leave-title" },
      element("h2", { id: "leave-title" }, "本机的存底怎么办"),
      element("p", {}, "这个浏览器里存着本单位的申请、保函、投标，或者记住的证书文件。内容已经加密，但从文件名称看得出本单位办理过哪些标段，从证书看得出是哪个单位。"),
      element("p", {}, "只有本单位使用这台电脑的，请保留。与其他单位合用的，请删除；删除之后，本机不能再逐字核对保函，没有收到应答的申请和投标不能补递，也不能凭存底参加应急：请先下载保函。记住的证书文件也一并删除，下次须重新选择。"),
      element("p", { class: "actions" },
        button("保留，退出", "", go),
        button("删除，退出", " danger", async (e) => {
          e.target.disabled = true;
          await copies("readwrite", (s) => s.delete(own));
          await keyFile("readwrite", (s) => s.clear());
          go();
        }),
        button("不退出", " secondary", () => box.close())));
    box.addEventListener("close", () => box.remove());
    document.body.append(box);
    box.showModal();
  };

  out.addEventListener("submit", async (e) => {
    if (out.dataset.asked) return;
    e.preventDefault();
    e.stopPropagation(); // it is not sent yet
    const kept = await copies("readonly", (s) => s.count(own)).catch(() => 0);
    if (kept > 0 || (await keyFile("readonly", (s) => s.count()).catch(() => 0)) > 0) ask();
    else go();
  });
})();
