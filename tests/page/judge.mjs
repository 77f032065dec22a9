// Says what is wrong with a page: for those who cannot see it or use no mouse (axe), in its console, and in what it loads.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** What axe says of a fault that keeps people out. */
const GRAVE = ["serious", "critical"];

export class Judge {
  static async of(page, origin) {
    const judge = new Judge();
    Object.assign(judge, { page, name: "", status: 200, complaints: [] });
    page.on("pageerror", (error) => judge.complain(`a script fails: ${error}`));
    page.on("console", (message) => {
      // That a page is missing is told in the console too.
      const is_status = judge.status !== 200 && message.text().includes(`status of ${judge.status}`);
      if (["error", "warning"].includes(message.type()) && !is_status) judge.complain(`in the console: ${message.text()}`);
    });
    page.on("request", (request) => {
      const { protocol, origin: from } = new URL(request.url());
      if (from !== origin && protocol !== "data:") judge.complain(`loads ${request.url()}`);
    });
    page.on("requestfailed", (request) => judge.complain(`cannot load ${request.url()}: ${request.failure()?.errorText}`));
    page.on("response", (response) => {
      if (response.status() >= 400 && response.status() !== judge.status) judge.complain(`${response.status()} for ${response.url()}`);
    });
    return judge;
  }

  begin(name, status = 200) {
    Object.assign(this, { name, status });
  }

  complain(what) {
    this.complaints.push(`${this.name}: ${what}`);
  }

  everything() {
    return this.axe({ runOnly: { type: "tag", values: RULES } });
  }

  colours() {
    return this.axe({ runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } });
  }

  /** A page is not wider than what one holds in a hand. */
  async width() {
    const wide = await this.page.evaluate(() => {
      const most = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= most) return null;
      const all = [...document.querySelectorAll("main *, header *")];
      return all.find((one) => one.getBoundingClientRect().right > most)?.outerHTML.slice(0, 200) ?? "something";
    });
    if (wide !== null) this.complain(`is wider than a telephone: ${wide}`);
  }

  async axe(options) {
    if (!(await this.page.evaluate(() => "axe" in window))) await this.page.evaluate(AXE);
    const { violations } = await this.page.evaluate((options) => window.axe.run(document, { ...options, resultTypes: ["violations"] }), options);
    for (const { id, impact, help, nodes } of violations.filter(({ impact }) => GRAVE.includes(impact))) {
      const where = nodes.slice(0, 3).map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ""}`);
      this.complain(`${impact} (${id}): ${help}\n    ${where.join("\n    ")}`);
    }
  }
}
