// Runs the checking module in Node.js as the page's worker does in a browser: node run.mjs wasm_exec.js verify.wasm.br
// Every line of the standard input is {"file": path, "question": …, "times": n}; every line of the output the answer,
// with the milliseconds of the fastest of n runs.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import vm from "node:vm";
import { brotliDecompressSync } from "node:zlib";

const [start, module] = process.argv.slice(2);
vm.runInThisContext(readFileSync(start, "utf8"));
const go = new Go();
const ready = new Promise((resolve) => (globalThis.ready = resolve));
const { instance } = await WebAssembly.instantiate(brotliDecompressSync(readFileSync(module)), go.importObject);
go.run(instance);
await ready;

for await (const line of createInterface({ input: process.stdin })) {
  const { file, question, times } = JSON.parse(line);
  const bytes = new Uint8Array(readFileSync(file));
  let answer, fastest = Infinity;
  for (let i = 0; i < times; i++) {
    const from = performance.now();
    answer = baohan.verify(bytes, JSON.stringify(question));
    fastest = Math.min(fastest, performance.now() - from);
  }
  console.log(JSON.stringify({ answer: JSON.parse(answer), fastest }));
}
process.exit(0);
