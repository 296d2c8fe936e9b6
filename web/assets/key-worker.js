// The worker in which the page's certificate is used. Go's own script stands before this one. Its answer carries a policy
// under which it can ask nobody but the platform; key and passphrase come in and never go out.
"use strict";

self.ready = () => postMessage({ ready: true });

// ---- own papers, kept before they are sent, each encrypted to its owner

const db = () =>
  new Promise((resolve, reject) => {
    const r = indexedDB.open("baohan-copies", 1);
    r.onupgradeneeded = () => r.result.createObjectStore("copies");
    r.onsuccess = () => resolve(r.result);
    r.onerror = () => reject(r.error);
  });

const inStore = async (mode, ask) => {
  const d = await db();
  try {
    return await new Promise((resolve, reject) => {
      const t = d.transaction("copies", mode, { durability: "strict" });
      const r = ask(t.objectStore("copies"));
      t.oncomplete = () => resolve(r.result);
      t.onabort = t.onerror = () => reject(t.error ?? r.error);
    });
  } finally {
    d.close();
  }
};

const copies = {
  put: (name, bytes) => inStore("readwrite", (s) => s.put(bytes, name)),
  get: (name) => inStore("readonly", (s) => s.get(name)),
  names: () => inStore("readonly", (s) => s.getAllKeys()),
};

// ---- what Go cannot do over fetch: a body that stays with the browser, and how much of it has gone

const upload = (url, headers, blob, told, patience) =>
  new Promise((resolve, reject) => {
    const x = new XMLHttpRequest();
    x.open("POST", url);
    for (const [name, value] of Object.entries(headers)) x.setRequestHeader(name, value);
    x.responseType = "arraybuffer";
    x.timeout = patience;
    x.upload.onprogress = (e) => told(e.loaded);
    x.onload = () => resolve({ status: x.status, type: x.getResponseHeader("Content-Type") ?? "", body: new Uint8Array(x.response) });
    x.onerror = x.ontimeout = x.onabort = () => reject(new Error("upload"));
    x.send(blob);
  });

// ---- the device of a vendor, which stands in the page

let lastAsked = 0;
const asked = new Map();

const askPage = (what, bytes) =>
  new Promise((resolve, reject) => {
    const id = ++lastAsked;
    asked.set(id, { resolve, reject });
    postMessage({ ask: id, what, bytes });
  });

const hooks = {
  copies,
  upload,
  progress: (done, total, says) => postMessage({ progress: { done, total, says } }),
  sign: (bytes) => askPage("sign", bytes),
  decrypt: (bytes) => askPage("decrypt", bytes),
};

// ---- what the page asks

const calls = {
  act: ({ name, input }) => baohan.act(name, input, hooks),
  who: ({ key }) => baohan.who(key),
  digest: ({ file }) => baohan.digest(file),
};

const run = async (module) => {
  try {
    const go = new Go();
    await go.run(await WebAssembly.instantiate(module, go.importObject));
  } catch (e) {
    console.error(e);
  }
  postMessage({ gone: true }); // it runs for as long as the worker: it has ended by a fault
};

onmessage = async ({ data }) => {
  if (data.module) return run(data.module);
  if (data.answer) {
    const a = asked.get(data.answer);
    asked.delete(data.answer);
    return data.bytes instanceof Uint8Array ? a?.resolve(data.bytes) : a?.reject(new Error(data.error || "证书介质没有给出结果"));
  }
  postMessage({ id: data.id, answer: await calls[data.call](data) });
};
