import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { BASE } from "./paths.js";

/** Makes every address relative to its page or script, and gives each page a content security policy. */
export function finish(folder: string): void {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  for (const file of files) {
    const path = join(folder, file);
    const depth = file.split(sep).length - 1;
    if (file.endsWith(".html")) {
      const text = readFileSync(path, "utf8").replaceAll(BASE, depth === 0 ? "./" : "../".repeat(depth));
      writeFileSync(path, withPolicy(withScrollers(text)));
    } else if (/\.m?js$/.test(file) && !file.startsWith("pagefind")) {
      // Expressive Code makes each scrolling block a landmark, and gives none a name.
      const text = readFileSync(path, "utf8").replace('setAttribute("role","region")', 'setAttribute("role","group")');
      writeFileSync(path, relativeScript(text, depth));
    } else if (/\.(css|json|xml|txt)$/.test(file) && !file.startsWith("pagefind")) {
      const text = readFileSync(path, "utf8");
      if (text.includes(BASE)) writeFileSync(path, text.replaceAll(BASE, "../".repeat(depth)));
    }
  }
}

/** What may be too wide scrolls by itself, and can be reached by the keyboard. */
function withScrollers(html: string): string {
  return html
    .replaceAll("<table>", '<div class="wide" tabindex="0" role="group" aria-label="Table"><table>')
    .replaceAll("</table>", "</table></div>")
    .replaceAll("<pre data-language", '<pre tabindex="0" data-language');
}

/** `"/base/rest"` in a script becomes an address that is worked out from where the script itself is. */
function relativeScript(text: string, depth: number): string {
  const here = `new URL(${JSON.stringify(depth === 0 ? "./" : "../".repeat(depth))},import.meta.url).pathname`;
  const quoted = new RegExp(`(["'\`])${BASE}`, "g");
  return text.replaceAll(quoted, (_, quote: string) => (quote === "`" ? `\`\${${here}}` : `${here}+${quote}`));
}

/**
 * Scripts of the site's own files and those inline ones that were there when it was built, nothing from elsewhere, no `eval`.
 * Compiled code of the machine is WebAssembly.
 */
function withPolicy(html: string): string {
  const hashes = [
    ...html.matchAll(/<script(?![^>]*\bsrc=)(?![^>]*type="application\/(?:ld\+)?json")[^>]*>([\s\S]*?)<\/script>/g),
  ]
    .map(([, script]) => `'sha256-${createHash("sha256").update(script!).digest("base64")}'`)
    .filter((hash, i, all) => all.indexOf(hash) === i);
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval' ${hashes.join(" ")}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return html.replace(/<head>/, `<head><meta http-equiv="Content-Security-Policy" content="${policy}">`);
}
