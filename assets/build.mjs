// Builds assets/dist from assets/src and the icons named in icons.txt, and says how heavy the result is.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const icons = join(here, "..", "node_modules", "lucide-static", "icons");
// What the script and the style of a page may weigh, compressed.
const limits = { app: 60_000, place: 22_000 };

function esbuild(entry, ...flags) {
	return execFileSync(
		"go",
		["tool", "esbuild", join(here, "src", entry), "--bundle", "--minify", "--legal-comments=none", "--log-level=warning", ...flags],
		{ maxBuffer: 32 << 20, env: { ...process.env, CGO_ENABLED: "0" }, stdio: ["ignore", "pipe", "inherit"] },
	);
}

function sprite() {
	const names = readFileSync(join(here, "icons.txt"), "utf8").split("\n").map((l) => l.replace(/#.*/, "").trim()).filter(Boolean);
	const symbols = [...new Set(names)].sort().map((name) => {
		const file = join(icons, `${name}.svg`);
		if (!existsSync(file)) throw new Error(`assets/icons.txt: there is no icon "${name}" in lucide-static`);
		const body = readFileSync(file, "utf8").replace(/<!--[\s\S]*?-->/g, "").replace(/^[\s\S]*?<svg[\s\S]*?>/, "").replace(/<\/svg>\s*$/, "");
		return `<symbol id="${name}" viewBox="0 0 24 24">${body.replace(/\s*\n\s*/g, "").trim()}</symbol>`;
	});
	return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
}

mkdirSync(dist, { recursive: true });
const outputs = {
	"app.js": esbuild("app.ts", "--format=esm", "--target=es2022"),
	"app.css": esbuild("app.css"),
	"place.js": esbuild("place.ts", "--format=esm", "--target=es2022"),
	"place.css": esbuild("place.css"),
	"icons.svg": sprite(),
};

for (const file of readdirSync(dist)) if (file !== ".keep") rmSync(join(dist, file));
const manifest = {};
const weights = { app: 0, place: 0 };
for (const [name, body] of Object.entries(outputs)) {
	const hash = createHash("sha256").update(body).digest("hex").slice(0, 10);
	const file = name.replace(/\.(\w+)$/, `.${hash}.$1`);
	writeFileSync(join(dist, file), body);
	manifest[name] = file;
	const packed = gzipSync(body, { level: 9 }).length;
	if (name !== "icons.svg") weights[name.replace(/\..*/, "")] += packed;
	console.log(`${file}  ${(body.length / 1000).toFixed(1)} kB, ${(packed / 1000).toFixed(1)} kB compressed`);
}
writeFileSync(join(dist, "manifest.json"), `${JSON.stringify(manifest, null, "\t")}\n`);
for (const [page, limit] of Object.entries(limits)) {
	if (weights[page] <= limit) continue;
	console.error(`script and style of ${page} weigh ${weights[page]} bytes compressed; the limit is ${limit}`);
	process.exit(1);
}
