// A Hub of its own with samples in it, all made by the program itself.

import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { createWriteStream } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

import { DATASET, MODEL, OTHERS, SPACE } from "./samples.mjs";

export const ADA = "hf_adaPage";
export const GRACE = "hf_gracePage";
const SEED = `
[[user]]
name = "ada"
fullname = "Ada L."
email = "ada@example.org"
orgs = [{ name = "analytical", role = "admin" }]
tokens = [{ name = "laptop", token = "${ADA}", role = "write" }]

[[user]]
name = "grace"
fullname = "Grace H."
tokens = [{ name = "desk", token = "${GRACE}", role = "write" }]

[[org]]
name = "analytical"
fullname = "Analytical Engines"
`;
export const ID = "analytical/tiny-sentiment";

export class World {
  /** Starts a server with nothing in it. */
  static async start(program) {
    const world = new World();
    world.program = program;
    world.folder = await realpath(await mkdtemp(join(tmpdir(), "hub-page-")));
    await writeFile(join(world.folder, "seed.toml"), SEED);
    const command = ["serve", "--listen", "127.0.0.1:0", "--data", join(world.folder, "data"), "--seed", join(world.folder, "seed.toml")];
    world.server = spawn(program, command, { stdio: ["ignore", "pipe", "pipe"], env: world.environment(ADA, "http://127.0.0.1:9") });
    world.server.stderr.pipe(createWriteStream(join(world.folder, "server.log")));
    for await (const line of createInterface(world.server.stdout)) {
      world.url = /^listening on (http:.*)$/.exec(line)?.[1];
      break;
    }
    if (world.url === undefined) throw new Error(`the server does not listen:\n${await world.log()}`);
    return world;
  }

  async stop() {
    const ended = new Promise((resolve) => this.server.once("exit", resolve));
    this.server.kill("SIGTERM");
    await ended;
    await rm(this.folder, { recursive: true });
  }

  log() {
    return readFile(join(this.folder, "server.log"), "utf8");
  }

  environment(token, url = this.url) {
    return { PATH: process.env.PATH, HOME: this.folder, HF_ENDPOINT: url, HF_TOKEN: token, HF_HUB_DISABLE_PROGRESS_BARS: "1" };
  }

  /** Runs a command, and gives what it prints as JSON. */
  async hub(token, ...command) {
    const done = await promisify(execFile)(this.program, ["--json", ...command], { env: this.environment(token) });
    return done.stdout.trim() === "" ? null : JSON.parse(done.stdout);
  }

  async upload(token, id, files, message, ...more) {
    const folder = await mkdtemp(join(this.folder, "upload-"));
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    return this.hub(token, "upload", id, folder, ".", "--commit-message", message, ...more);
  }

  /** Repositories, discussions and a pull request, as people make them. */
  async fill() {
    for (const [id, files] of OTHERS) {
      await this.upload(id.startsWith("grace/") ? GRACE : ADA, id, files, "First version");
    }
    await this.upload(ADA, "analytical/reviews", DATASET, "Reviews of books and knives", "--repo-type", "dataset");
    await this.hub(ADA, "repos", "create", "analytical/sentiment-live", "--repo-type", "space", "--sdk", "gradio");
    await this.upload(ADA, "analytical/sentiment-live", SPACE, "An app around the model", "--repo-type", "space");
    await this.hub(ADA, "spaces", "variables", "add", "analytical/sentiment-live", "-e", "LANGUAGE=en");
    await this.hub(ADA, "spaces", "secrets", "add", "analytical/sentiment-live", "-s", "API_KEY=x");

    const { "README.md": card, ...rest } = MODEL;
    await this.upload(ADA, ID, rest, "Weights, configuration and the script that made them");
    await this.upload(ADA, ID, { "README.md": card }, "A card with what the model is for");
    await this.hub(ADA, "repos", "tag", "create", ID, "v1.0", "-m", "The first that others use");
    await this.hub(ADA, "repos", "branch", "create", ID, "experiment");
    const train = MODEL["train.py"].replace("steps: int = 40", "steps: int = 60");
    await this.upload(ADA, ID, { "train.py": train }, "Train longer", "--revision", "experiment");

    const question = "The card says 40 steps. Is the loss still falling there?\n\n```python\nsettings = Settings(steps=80)\n```\n\nI would try **80**.";
    await this.hub(GRACE, "discussions", "create", ID, "--title", "Does it learn more with more steps?", "--body", question);
    await this.hub(ADA, "discussions", "comment", ID, "1", "--body", "A little. See the branch `experiment`, and the curve in `assets/loss.png`.");
    const faster = MODEL["train.py"].replace("rate: float = 3e-4", "rate: float = 1e-3").replace("batch: int = 64", "batch: int = 128");
    await this.upload(GRACE, ID, { "train.py": faster }, "Larger batches, and a rate that fits them", "--create-pr");
    await this.hub(ADA, "discussions", "comment", ID, "2", "--body", "Thank you! Have you measured it on the German test set?");
    for (const [token, id] of [[ADA, ID], [GRACE, ID], [ADA, "grace/nightly"]]) {
      const headers = { authorization: `Bearer ${token}` };
      await fetch(`${this.url}/api/models/${id}/like`, { method: "POST", headers });
    }
    await this.hub(ADA, "repos", "settings", "analytical/tiny-translator", "--gated", "auto");
    await this.hub(ADA, "repos", "settings", "ada/first-steps", "--private");
  }
}
