// A real browser in front of a real server. Run by `cargo xtask page`.
//
// usage: node drive.mjs HUB BROWSER PICTURES [DOCS]
//
// Does what a person does, with and without JavaScript; looks at every page, in light and dark and as narrow as a telephone, with
// axe, and takes a picture of each. Those of the documentation go to DOCS, if it is named.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { journey } from "./journey.mjs";
import { Judge } from "./judge.mjs";
import { pages } from "./pages.mjs";
import { smaller } from "./png.mjs";
import { ADA, ID, World } from "./world.mjs";

const [program, executablePath, pictures, docs] = process.argv.slice(2);
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 800 };
const MOST = 100_000;
const TABS = 3;

const world = await World.start(program);
let browser;
const complaints = [];
try {
  await world.fill();
  browser = await chromium.launch({ executablePath, args: FLAGS });
  console.log(`Chromium ${browser.version()}, ${world.url}`);
  await everyPage();
  await Promise.all([true, false].map(async (javaScriptEnabled) => {
    const person = await open({ javaScriptEnabled });
    await journey(person, world, javaScriptEnabled ? "scripted" : "plain");
    complaints.push(...person.judge.complaints);
  }));
} catch (error) {
  console.log(`the last lines of the server's log:\n${(await world.log()).split("\n").slice(-15).join("\n")}`);
  throw error;
} finally {
  await browser?.close();
  await world.stop();
  for (const complaint of complaints) console.log(complaint);
}
if (complaints.length > 0) throw new Error(`${complaints.length} complaints, as above`);

/** A browser of its own with one tab. */
async function open(options) {
  const context = await browser.newContext({ baseURL: world.url, viewport: WIDE, reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC", ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  return { context, page, judge: await Judge.of(page, world.url) };
}

/** Looks at all pages, a few at a time. */
async function everyPage() {
  const commits = await (await fetch(`${world.url}/api/models/${ID}/commits/main`)).json();
  await mkdir(pictures, { recursive: true });
  if (docs !== undefined) await mkdir(docs, { recursive: true });
  const left = pages(commits[0].id);
  await Promise.all(Array.from({ length: TABS }, async () => {
    const [anonymous, ada] = [await open({}), await open({})];
    await ada.page.goto("/login");
    await ada.page.getByLabel("Token").fill(ADA);
    await ada.page.getByRole("button", { name: "Sign in" }).click();
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      await look(next.anonymous ? anonymous : ada, next);
    }
    complaints.push(...anonymous.judge.complaints, ...ada.judge.complaints);
  }));
}

async function look({ page, judge }, { name, path, status = 200, ...more }) {
  judge.begin(name, status);
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: "light" });
  const response = await page.goto(path);
  if (response.status() !== status) judge.complain(`status ${response.status()}`);
  await judge.everything();
  await picture(page, `${name}-light`, more.picture);
  await page.emulateMedia({ colorScheme: "dark" });
  await judge.colours();
  await picture(page, `${name}-dark`, more.picture);
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(NARROW);
  await judge.width();
  await picture(page, `${name}-narrow`, more.phone);
}

async function picture(page, name, is_for_docs = false) {
  const png = await page.screenshot({ animations: "disabled", caret: "hide" });
  await writeFile(join(pictures, `${name}.png`), png);
  if (docs === undefined || !is_for_docs) return;
  const small = smaller(png);
  if (small.length > MOST) throw new Error(`the picture ${name} has ${small.length} bytes`);
  await writeFile(join(docs, `${name}.png`), small);
}
