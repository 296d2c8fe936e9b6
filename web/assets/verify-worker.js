// The worker in which files are read and checked. Go's own script stands before this one. Its answer carries a policy
// under which it can load nothing and send nothing; it talks to the page alone.
"use strict";

let texts; // of another language; none: the module answers in Chinese

self.ready = () => {
  if (texts) baohan.speak(texts);
  postMessage({ ready: true });
};

const bytesOf = async (file) => new Uint8Array(await file.arrayBuffer());

const base64 = (bytes) => {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
};

// A source is a file that the visitor chose, or text that the page has.
const source = async (from) => ({
  name: from.name,
  data: base64(from.file ? await bytesOf(from.file) : new TextEncoder().encode(from.text)),
});

const calls = {
  async verify({ file, given }) {
    const question = { ...given, roots: await source(given.roots) };
    for (const part of ["platform_roots", "status", "log"]) if (given[part]) question[part] = await source(given[part]);
    if (given.lists) question.lists = await Promise.all(given.lists.map(source));
    return baohan.verify(await bytesOf(file), JSON.stringify(question));
  },
  async roots({ from }) {
    const text = from.file ? await from.file.text() : from.text;
    return baohan.roots(from.name, text);
  },
  async scan({ fragment }) {
    return baohan.scan(fragment);
  },
};

onmessage = async ({ data }) => {
  if (data.module) {
    texts = data.texts;
    try {
      const go = new Go();
      await go.run(await WebAssembly.instantiate(data.module, go.importObject));
    } catch (e) {
      console.error(e);
    }
    postMessage({ gone: true }); // the module runs for as long as the page: it has ended by a fault
    return;
  }
  try {
    postMessage({ id: data.id, answer: JSON.parse(await calls[data.call](data)) });
  } catch (e) {
    console.error(e);
    postMessage({ id: data.id, failed: true });
  }
};
