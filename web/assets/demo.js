// The demonstration's page puts the certificate of whom one enters as where key.js remembers certificates, so that a
// signature asks for its PIN alone.
"use strict";

const store = (file) => new Promise((resolve, reject) => {
  const r = indexedDB.open("baohan-key", 1);
  r.onupgradeneeded = () => r.result.createObjectStore("file");
  r.onerror = () => reject(r.error);
  r.onsuccess = () => {
    const t = r.result.transaction("file", "readwrite");
    t.objectStore("file").put(file, "key");
    t.oncomplete = () => { r.result.close(); resolve(); };
    t.onabort = t.onerror = () => reject(t.error);
  };
});

document.addEventListener("submit", async (e) => {
  const form = e.target;
  if (!form.dataset.key) return;
  e.preventDefault();
  try {
    const answer = await fetch("/demo/keys/" + form.dataset.key);
    await store(new File([await answer.blob()], form.dataset.key + ".baohan.pem"));
  } finally {
    form.submit();
  }
}, true);
