// The page /verify: it shows and asks. What is true of a file is decided in the worker, by the platform's Go code.
"use strict";

const $ = (id) => document.getElementById(id);
const assets = $("main").dataset.assets;
const mostBytes = 64 * 1024 * 1024;
const words = {
  old: "这个浏览器不能运行核对模块（缺少 WebAssembly）。请换用新版的浏览器（在微信里打开的，请选择“在浏览器打开”），或者用命令 baohan verify 核对。",
  load: "核对模块没有载入：请检查网络后刷新本页。仍不成功的，请用命令 baohan verify 核对。",
  ready: "核对模块已载入，可以断网。请选择文件。",
  large: "文件超过 64 MiB，没有读取：保函文件没有这么大，请确认选对了文件。",
  several: "一次只核对一个文件，请分别选择。",
  read: "文件读不出来：可能已被移动或者没有权限。请重新选择。",
  gone: "核对模块意外停止，已经重新启动。请再试一次；仍不成功的，请用命令 baohan verify 核对，并把文件交给平台查看。",
  done: "核对完成。",
};

// ---- the worker

let module, texts, worker, alive, lastID = 0;
const waiting = new Map();

// start runs the module in a new worker; the promise holds when it can be asked.
const start = () =>
  new Promise((resolve, reject) => {
    worker = new Worker(assets + "/verify-worker.js");
    const fail = (e) => {
      worker.terminate();
      alive = null;
      for (const w of waiting.values()) w.reject(new Error("gone"));
      waiting.clear();
      reject(e);
    };
    worker.onerror = fail;
    worker.onmessage = ({ data }) => {
      if (data.ready) return resolve();
      if (data.gone) return fail(new Error("gone"));
      const w = waiting.get(data.id);
      if (!w) return;
      waiting.delete(data.id);
      data.failed ? w.reject(new Error("read")) : w.resolve(data.answer);
    };
    worker.postMessage({ module, texts });
  });

const ask = async (call, rest) => {
  alive ??= start();
  await alive;
  return new Promise((resolve, reject) => {
    const id = ++lastID;
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, call, ...rest });
  });
};

// ---- what the platform publishes, loaded with the page: roots, and, if there are any, status list and log keys

const published = { roots: "" };

// offered is an answer that may be missing: a platform without a list or a log, or one that is busy, has none.
const offered = async (path) => {
  try {
    const answer = await fetch(path);
    return answer.ok ? answer : undefined;
  } catch {
    return undefined;
  }
};

const keep = async (roots, list, keys) => {
  published.roots = await roots.text();
  try {
    published.list = await list?.blob();
    const k = await keys?.json();
    published.keys = k && [k.log, ...k.old, ...k.witnesses].join("\n");
  } catch (e) {
    console.error(e); // half an answer is none
  }
};

// ---- small parts

const say = (text, how = "") => {
  put($("status"), text);
  $("status").className = "status " + how;
  if (how === "bad") $("status").scrollIntoView({ block: "nearest" });
};

const foreign = document.documentElement.lang === "en";

// put writes a text. On the English page what is still Chinese in it is a name or what binds, and is marked Chinese.
const put = (e, text) => {
  if (!foreign) return void (e.textContent = text);
  e.replaceChildren(...text.split(/([\p{Script=Han}\u3000-\u303f\uff00-\uffef]+)/u).map((part, i) => {
    if (i % 2 === 0) return part;
    const own = document.createElement("span");
    own.lang = "zh-CN";
    own.textContent = part;
    return own;
  }));
};

const element = (name, text = "", how = "") => {
  const e = document.createElement(name);
  put(e, text);
  if (how) e.className = how;
  return e;
};

const facts = (into, list) =>
  into.replaceChildren(...list.flatMap(([label, value, code]) => [element("dt", label), element("dd", value, code ? "code" : "")]));

const beijing = (t) => `${t.toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" })}（北京时间）`; // the Swedish write 2026-12-05 09:30:00

// ---- whom to trust

const rootsSource = () => {
  const own = $("roots").files[0];
  return own ? { name: own.name, file: own } : { name: "平台公布的根证书", text: published.roots };
};

let unused = ""; // said when a file is awaited: why the platform's list does not count

// showStatus says which status list the answer rests on, and what is wrong with the one that the platform offers.
const showStatus = async () => {
  const { roots, platform_roots, platform, lists, status, status_offered, log, log_offered } = given();
  unused = "";
  let words = "没有状态清单（平台没有公布，或者没有载入）：不知道保函此刻是否仍然有效。";
  if (status && !status_offered) words = `状态清单用您选择的 ${status.name}。`;
  if (status_offered) {
    const a = await ask("verify", { file: status.file, given: { roots, platform_roots, platform, lists } });
    const fault = (a.lines ?? []).find((l) => l.result === "doubtful") ?? { words: a.error ?? a.words };
    if (a.verdict !== "passed") unused = "平台公布的状态清单没有采用，原因见“本次核对信任谁”。";
    words = !unused ? `用本平台公布、随本页载入的状态清单。${a.words}。` : `本平台公布的状态清单没有采用：${fault.words}。`;
    if (unused && fault.name === "status_age") words += "列在其中的保函仍按不再有效处理；没有列的，不知道是否有效，除非已过最迟到期日。";
  }
  put($("trust-status"), words);
  $("trust-log").textContent = log_offered
    ? "保函附有透明日志证明的，用本平台公布的日志和见证人公钥核对；平台自己公布的公钥防不了平台自己，请从平台以外的途径取得公钥，填在“更多选项”中。"
    : log ? "透明日志用您填写的公钥核对。" : "没有透明日志的公钥：不核对日志头的签名。";
};

const showTrust = async () => {
  const own = $("roots").files[0], platformRoots = $("platform-roots").files[0];
  const answer = await ask("roots", { from: rootsSource() });
  $("trust-words").textContent = own
    ? `核对用的是您选择的根证书（${own.name}），没有用平台公布的。签名的证书链须连到下列根证书之一。`
    : "核对用的是本平台公布的根证书。签名的证书链须连到下列根证书之一。";
  const rows = (answer.roots ?? []).map((r) => {
    const row = element("tr");
    row.append(element("td", r.name), element("td", r.fingerprint, "code"), element("td", `${r.from}至${r.to}`));
    return row;
  });
  if (answer.error) {
    const row = element("tr"), cell = element("td", own ? answer.error : "本平台没有公布根证书，请在“更多选项”中选择您信任的根证书");
    cell.colSpan = 3;
    row.append(cell);
    rows.push(row);
  }
  $("trust-roots").replaceChildren(...rows);
  const platform = $("platform").value.trim(), centre = $("centre").value.trim();
  $("trust-platform").textContent = [
    platform ? `平台回执只认统一社会信用代码 ${platform} 的签署。` : "平台回执不限签署单位，请自行看结果中的签署单位。",
    platformRoots ? `平台回执的证书链用您选择的 ${platformRoots.name} 核对。` : "",
    centre ? `核验结果表只认 ${centre} 的签署。` : "核验结果表不限签署单位。"].join(foreign ? " " : "");
  await showStatus();
};

const given = () => {
  const g = { roots: rootsSource() }, when = $("deadline").value;
  const take = (name, value) => { if (value) g[name] = value; };
  take("platform", $("platform").value.trim().toUpperCase());
  take("centre", $("centre").value.trim().toUpperCase());
  const keys = $("keys").value.trim(), list = $("list").files[0];
  take("status", list && { name: list.name, file: list });
  if (!list && published.list) {
    g.status = { name: "平台公布的状态清单", file: published.list };
    g.status_offered = true;
  }
  take("log", keys && { name: "透明日志和见证人的验证公钥", text: keys });
  // The platform's log is not another platform's: who trusts somebody else brings the keys too.
  if (!keys && published.keys && !$("roots").files[0] && $("platform").value === $("platform").defaultValue) {
    g.log = { name: "平台公布的验证公钥", text: published.keys };
    g.log_offered = true;
  }
  take("quorum", keys && -1); // every witness that is named must have seen it
  take("deadline", when && when + (when.length === 16 ? ":00" : "") + "+08:00");
  const platformRoots = $("platform-roots").files[0];
  take("platform_roots", platformRoots && { name: platformRoots.name, file: platformRoots });
  take("lists", $("lists").files.length > 0 && [...$("lists").files].map((f) => ({ name: f.name, file: f })));
  take("scan", scan);
  return g;
};

// ---- one check

let chosen, ready = false, turn = 0;

const check = async () => {
  if (!ready) return; // load goes on with it
  if (!chosen) return say("请先选择要核对的文件。", "bad");
  const mine = ++turn, file = chosen;
  $("result").hidden = true;
  if (file.size > mostBytes) return say(words.large, "bad");
  say(`正在核对：${file.name}……`, "busy");
  try {
    const g = given();
    await showTrust();
    const answer = await ask("verify", { file, given: g });
    if (mine !== turn) return; // another file was chosen meanwhile
    if (answer.error) return say(answer.error, "bad");
    show(answer, file);
    say(words.done);
  } catch (e) {
    if (mine === turn) say(words[e.message] ?? words.gone, "bad");
  }
};

const show = (a, file) => {
  $("result").className = a.verdict;
  $("result").lang = a.untold ? "zh-CN" : document.documentElement.lang;
  $("only").hidden = !a.untold;
  $("verdict").lang = document.documentElement.lang;
  $("verdict-title").textContent = a.title;
  put($("words"), a.words);
  $("match").hidden = !a.match;
  put($("match"), a.match ?? "");
  $("match").className = "match " + (a.scanned ?? "");
  facts($("about"), [["文件", `${file.name}（${file.size.toLocaleString("en")} 字节）`], ["文件 SM3", a.sm3, true], ["核对时间", beijing(new Date())]]);
  $("facts-part").hidden = !a.facts;
  facts($("facts"), (a.facts ?? []).map((f) => [f.label, f.value, f.code]));
  $("sheet").hidden = !a.sheet;
  $("sheet").textContent = a.sheet ?? "";
  $("lines").replaceChildren(...(a.lines ?? []).map(line));
  const worst = { failed: "doubtful", open: "unknown" }[a.verdict];
  const faults = (a.lines ?? []).filter((l) => l.result === worst).map((l) => l.title);
  $("faults").hidden = faults.length === 0;
  put($("faults"), (a.verdict === "failed" ? "不通过的项目：" : "没有核对的项目：") + faults.join("、"));
  $("result").hidden = false;
  $("result").scrollIntoView({ block: "start" });
  $("verdict").focus({ preventScroll: true });
};

const line = (l) => {
  const row = element("tr", "", l.result), title = element("th", l.title), text = element("td", l.words);
  title.scope = "row";
  if (l.want) text.append(element("span", `应为：${l.want}`, "value"));
  if (l.got) text.append(element("span", `实为：${l.got}`, "value"));
  row.append(element("td", l.says), title, text);
  return row;
};

// ---- what the visitor does

const take = (files) => {
  if (files.length > 1) return say(words.several, "bad");
  if (files.length === 0) return;
  chosen = files[0];
  check();
};

// A scan stands behind the # of the address. A fragment without = is a place on this page.
let scan = "";

const showScan = async () => {
  for (const a of document.querySelectorAll("a[hreflang]")) a.hash = location.hash; // the scan goes along
  const fragment = location.hash.slice(1);
  if (!fragment.includes("=")) return;
  scan = fragment;
  const s = await ask("scan", { fragment });
  const list = s.error ? [["扫描内容", s.error]] : [["保函编号", s.number], ["金额", s.amount && "¥" + s.amount], ["摘要（SM3）", s.digest, true]];
  facts($("scanned-facts"), list.filter(([, value]) => value));
  $("scanned").hidden = false;
};

const listen = () => {
  $("file").addEventListener("change", () => take($("file").files));
  $("form").addEventListener("submit", (e) => { e.preventDefault(); check(); });
  $("form").addEventListener("reset", () => setTimeout(() => { chosen = undefined; turn++; $("result").hidden = true; showTrust().then(() => say(words.ready + unused)); }));
  // A result never stands under options other than those it was found with.
  $("options").addEventListener("change", () => (chosen ? check() : showTrust()));
  $("print").addEventListener("click", () => print());
  addEventListener("hashchange", async () => { await showScan(); if (chosen) check(); });
  for (const type of ["dragover", "dragleave", "drop"]) {
    addEventListener(type, (e) => {
      e.preventDefault();
      $("drop").classList.toggle("over", type === "dragover");
      if (type === "drop") take(e.dataTransfer.files);
    });
  }
};

// forbid takes from this page what it no longer needs: from here on it can ask no server for anything.
const forbid = () => {
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = "connect-src 'none'";
  document.head.append(policy);
};

const load = async () => {
  if (typeof WebAssembly !== "object" || typeof Worker !== "function") return say(words.old, "bad");
  say($("status").textContent, "busy");
  try {
    const [code, roots, list, keys, language] = await Promise.all([fetch(assets + "/verify.wasm"), fetch("/roots.pem"),
      offered("/api/v1/status-list"), offered("/api/v1/log/keys"), $("main").dataset.texts && fetch($("main").dataset.texts)]);
    if (!code.ok || !roots.ok || language && !language.ok) throw new Error("load");
    texts = await language?.text();
    await keep(roots, list, keys);
    const bytes = await code.arrayBuffer();
    try {
      module = await WebAssembly.compile(bytes);
    } catch (e) {
      console.error(e);
      return say(words.old, "bad");
    }
    alive = start();
    await alive;
    forbid();
    await showTrust();
    await showScan();
    say(words.ready + unused);
    ready = true;
    if (chosen) await check(); // it was chosen while the module loaded
  } catch (e) {
    console.error(e);
    say(words.load, "bad");
  }
};

listen();
load();
