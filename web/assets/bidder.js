// What a bidder's pages do beside forms: the price in capitals, and what was made on this machine and never arrived. That
// something was is written in this browser alone, in the worker's store; its papers stay encrypted and are not read here.
"use strict";

(() => {
  const digits = "零壹贰叁肆伍陆柒捌玖", units = ["", "拾", "佰", "仟"], groups = ["", "万", "亿", "万亿"];

  // four says up to four digits; zero tells that one stands before them.
  const four = (n, zero) => {
    let said = "", gap = zero;
    for (let i = 3; i >= 0; i--) {
      const d = Math.floor(n / 10 ** i) % 10;
      if (d === 0) { gap = gap || said !== ""; continue; }
      if (gap && (said !== "" || zero)) said += "零";
      said += digits[d] + units[i];
      gap = false;
    }
    return said;
  };

  // capital is the amount as the platform writes it (正确填写票据和结算凭证的基本规定); the platform checks it again.
  const capital = (text) => {
    const plain = text.replace(/[,，\s¥￥元]/g, "");
    const m = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(plain);
    if (!m) return "";
    const yuan = Number(m[1]), jiao = Number((m[2] ?? "")[0] ?? 0), fen = Number((m[2] ?? "")[1] ?? 0);
    if (yuan === 0 && jiao === 0 && fen === 0) return "";
    let said = "", zero = false;
    for (let g = 3; g >= 0; g--) {
      const n = Math.floor(yuan / 10000 ** g) % 10000;
      if (n === 0) { zero = zero || said !== ""; continue; }
      said += four(n, said !== "" && (zero || n < 1000)) + groups[g];
      zero = false;
    }
    if (yuan > 0) said += "元";
    if (jiao === 0 && fen === 0) return said + "整";
    if (jiao > 0) said += digits[jiao] + "角";
    else if (yuan > 0) said += "零";
    return fen > 0 ? said + digits[fen] + "分" : said + "整";
  };
  window.baohan = Object.assign(window.baohan ?? {}, { capital });

  for (const price of document.querySelectorAll("[data-capital]")) {
    const shown = document.querySelector(price.dataset.capital), sent = price.form.elements.namedItem("price_capital");
    price.addEventListener("input", () => {
      const said = capital(price.value);
      sent.value = said;
      shown.textContent = said ? "大写：人民币" + said : price.value.trim() ? "大写：请填写正确的金额" : "大写：填写报价后自动显示";
    });
  }

  // ---- what is kept here and not known to have arrived

  const open = () =>
    new Promise((resolve, reject) => {
      const r = indexedDB.open("baohan-copies", 1);
      r.onupgradeneeded = () => r.result.createObjectStore("copies");
      r.onsuccess = () => resolve(r.result);
      r.onerror = () => reject(r.error);
    });

  // A note holds the id of what was about to be sent; one that is empty is settled.
  const notes = async () => {
    const d = await open();
    try {
      return await new Promise((resolve, reject) => {
        const found = [], r = d.transaction("copies").objectStore("copies").openCursor();
        r.onsuccess = () => {
          const c = r.result;
          if (!c) return resolve(found);
          if (/\.(apply|bid)-sent$/.test(c.key) && c.value?.byteLength > 0) found.push(c.key);
          c.continue();
        };
        r.onerror = () => reject(r.error);
      });
    } finally {
      d.close();
    }
  };

  const entry = (name) => {
    const lot = name.split("/").pop().split(".")[0], a = document.createElement("a"), li = document.createElement("li");
    a.href = "/lots/" + lot;
    a.textContent = (name.endsWith("apply-sent") ? "继续递交保函申请" : "继续递交投标") + "（标段 " + lot.slice(0, 8) + "）";
    li.append(a);
    return li;
  };

  const show = async () => {
    const me = document.querySelector("[data-own]")?.dataset.own;
    const all = (await notes()).filter((n) => !me || n.startsWith(me + "/"));
    for (const box of document.querySelectorAll("[data-kept]")) box.hidden = !all.some((n) => n.endsWith("/" + box.dataset.kept));
    for (const box of document.querySelectorAll("[data-kept-list]")) {
      box.querySelector("ul").replaceChildren(...all.map(entry));
      box.hidden = all.length === 0;
    }
  };
  if (document.querySelector("[data-kept], [data-kept-list]")) {
    show().catch(console.error);
    document.addEventListener("acted", () => show().catch(console.error));
  }
})();
