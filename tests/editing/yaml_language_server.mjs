// Drives yaml-language-server over stdio: diagnostics of files, completions, hover.
// node drive.mjs SERVER SCHEMA < JSON [{uri, text, at?: [line, character], times?}]  →  JSON
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
const [server, schema] = process.argv.slice(2);
const files = JSON.parse(readFileSync(0, "utf8"));
const child = spawn(process.execPath, [server, "--stdio"], { stdio: ["pipe", "pipe", "ignore"] });
let buffer = Buffer.alloc(0), id = 0;
const waiting = new Map(), published = new Map();
const send = (m) => { const b = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...m })); child.stdin.write(`Content-Length: ${b.length}\r\n\r\n`); child.stdin.write(b); };
const request = (method, params) => new Promise((done) => { waiting.set(++id, done); send({ id, method, params }); });
const diagnosed = (uri) => new Promise((done) => published.set(uri, done));
const settings = { yaml: { schemas: { [schema]: ["**/*.yaml"] }, schemaStore: { enable: false }, hover: true, completion: true, validate: true } };
child.stdout.on("data", (data) => {
  buffer = Buffer.concat([buffer, data]);
  for (;;) {
    const end = buffer.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/.exec(buffer.subarray(0, end).toString())[1]);
    if (buffer.length < end + 4 + length) return;
    take(JSON.parse(buffer.subarray(end + 4, end + 4 + length).toString()));
    buffer = buffer.subarray(end + 4 + length);
  }
});
function take(m) {
  if (m.method && m.id !== undefined) send({ id: m.id, result: m.method === "workspace/configuration" ? m.params.items.map((i) => settings[i.section] ?? {}) : null });
  else if (m.id !== undefined) { waiting.get(m.id)?.(m.result ?? m.error); waiting.delete(m.id); }
  else if (m.method === "textDocument/publishDiagnostics") { published.get(m.params.uri)?.(m.params.diagnostics); published.delete(m.params.uri); }
}
await request("initialize", { processId: process.pid, rootUri: "file:///w", capabilities: { workspace: { configuration: true }, textDocument: { completion: { completionItem: { snippetSupport: true, documentationFormat: ["markdown"] } }, hover: { contentFormat: ["markdown"] } } }, workspaceFolders: [{ uri: "file:///w", name: "w" }] });
send({ method: "initialized", params: {} });
send({ method: "workspace/didChangeConfiguration", params: { settings } });
await new Promise((r) => setTimeout(r, 800));
const answers = [];
for (const { uri, text, at, times = 1, hover } of files) {
  const answer = { uri };
  const done = diagnosed(uri);
  const begun = performance.now();
  send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version: 1, text } } });
  answer.diagnostics = (await done).map((d) => ({ line: d.range.start.line + 1, message: d.message }));
  answer.diagnosed = performance.now() - begun;
  if (at) {
    answer.milliseconds = [];
    for (let n = 0; n < times; n++) {
      const start = performance.now();
      const found = await request("textDocument/completion", { textDocument: { uri }, position: { line: at[0], character: at[1] } });
      answer.milliseconds.push(performance.now() - start);
      answer.items = (found.items ?? found).map((i) => ({ label: i.label, insert: i.textEdit?.newText ?? i.insertText, documentation: i.documentation?.value ?? i.documentation }));
    }
  }
  if (hover) answer.hover = (await request("textDocument/hover", { textDocument: { uri }, position: { line: hover[0], character: hover[1] } }))?.contents?.value;
  answers.push(answer);
  send({ method: "textDocument/didClose", params: { textDocument: { uri } } });
}
child.kill();
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
