// A thin client: it starts `engine lsp` and hands over the files that are flows. All else is known by the server.
const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { commands, languages, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

const WINDOWS = process.platform === "win32";
const OWN = WINDOWS ? ["Scripts", "engine.exe"] : ["bin", "engine"];
const MODELINE = /^# engine: flow\s*$/;
let client;

/** Return the command that starts the server. */
function executable(settings) {
  const path = settings.get("path") || fromFolders() || "engine";
  const isPython = /python[\d.]*(\.exe)?$/i.test(path);
  return { command: path, args: isPython ? ["-m", "engine.tools", "lsp"] : ["lsp"], options: { cwd: folders()[0] } };
}

function folders() {
  return (workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath);
}

/** Return the command in a virtual environment of the workspace. */
function fromFolders() {
  const places = folders().flatMap((folder) => [".venv", "venv"].map((name) => join(folder, name, ...OWN)));
  return places.find(existsSync);
}

/** Make a YAML file a flow file if its first line says so: by its name alone it is any YAML. */
async function adopt(document) {
  const isFlow = document.languageId === "yaml" && MODELINE.test(document.lineAt(0).text);
  if (isFlow) await languages.setTextDocumentLanguage(document, "engine-flow");
}

async function start() {
  const settings = workspace.getConfiguration("flowEngine");
  const patterns = settings.get("patterns").map((pattern) => ({ scheme: "file", language: "yaml", pattern }));
  client = new LanguageClient("flowEngine", "Flow engine", executable(settings), {
    documentSelector: [{ scheme: "file", language: "engine-flow" }, ...patterns],
    synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.{yaml,yml,py,json,properties,dwl,toml}") },
  });
  try {
    await client.start();
  } catch (error) {
    const told = `The flow engine cannot be started (${error.message}): pip install 'flow-engine[editor]', or set flowEngine.path.`;
    window.showErrorMessage(told);
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running?.needsStop()) await running.stop();
}

async function restart() {
  await stop();
  await start();
}

exports.activate = async (context) => {
  context.subscriptions.push(
    commands.registerCommand("flowEngine.restart", restart),
    workspace.onDidOpenTextDocument(adopt),
    workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("flowEngine") && restart()),
  );
  await Promise.all(workspace.textDocuments.map(adopt));
  await start();
};
exports.deactivate = stop;
