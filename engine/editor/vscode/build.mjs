// Makes flow-engine.vsix: node build.mjs [FOLDER]. npm's packages are put into a folder that is removed afterwards.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const FILES = ["package.json", "extension.js", "language.json", "grammar.json", "README.md"];
const PACKAGES = ["vscode-languageclient@10.1.0", "@vscode/vsce@3.7.1", "esbuild@0.28.2"];
const here = dirname(fileURLToPath(import.meta.url));
const license = join(here, "..", "..", "..", "LICENSE");
const target = join(resolve(process.argv[2] ?? "."), "flow-engine.vsix");
const folder = mkdtempSync(join(tmpdir(), "flow-engine-"));
const windows = process.platform === "win32";

function run(command, ...options) {
  execFileSync(command, options, { cwd: folder, stdio: "inherit", shell: windows });
}

try {
  for (const file of FILES) cpSync(join(here, file), join(folder, file));
  cpSync(license, join(folder, "LICENSE"));
  run("npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", ...PACKAGES);
  const options = ["--bundle", "--minify", "--platform=node", "--format=cjs", "--external:vscode"];
  run("npx", "esbuild", "extension.js", ...options, "--outfile=dist/extension.js");
  const left = ["--no-dependencies", "--allow-missing-repository", "--skip-license"];
  cpSync(join(here, "ignored"), join(folder, ".vscodeignore"));
  run("npx", "vsce", "package", ...left, "--out", target);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
